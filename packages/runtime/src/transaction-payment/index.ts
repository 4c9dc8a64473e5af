export { chargeTransactionPayment } from "./charge.ts";
export { type FeeRates, feeOf, feeParts, weightFee } from "./fees.ts";
export { TransactionPayment, type TransactionPaymentConfig } from "./pallet.ts";
