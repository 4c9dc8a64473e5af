export { chargeTransactionPayment } from "./charge.ts";
export { type FeeRates, feeOf, feeParts } from "./fees.ts";
export { TransactionPayment, type TransactionPaymentConfig } from "./pallet.ts";
