/** Roots of Intel's attestation, as Intel publishes them. Certificates are facts; each is known by its fingerprint. */
import { assert } from "@pha/scale";
import { type Certificate, parseCertificate } from "../x509/certificate.ts";
import { parseBase64 } from "../x509/pem.ts";

/**
 * "Intel SGX Root CA": ECDSA P-256, 2018 to 2049; under it lie PCK certificates and the signer of TCB info.
 *
 * From https://certificates.trustedservices.intel.com/IntelSGXRootCA.der; SHA-256
 * 44a0196b2b99f889b8e149e95b807a350e7424964399e885a7cbb8ccfab674d3.
 */
const SGX_ROOT_CA =
  "MIICjzCCAjSgAwIBAgIUImUM1lqdNInzg7SVUr9QGzknBqwwCgYIKoZIzj0EAwIwaDEaMBgGA1UEAwwRSW50ZWwgU0dY" +
  "IFJvb3QgQ0ExGjAYBgNVBAoMEUludGVsIENvcnBvcmF0aW9uMRQwEgYDVQQHDAtTYW50YSBDbGFyYTELMAkGA1UECAwC" +
  "Q0ExCzAJBgNVBAYTAlVTMB4XDTE4MDUyMTEwNDUxMFoXDTQ5MTIzMTIzNTk1OVowaDEaMBgGA1UEAwwRSW50ZWwgU0dY" +
  "IFJvb3QgQ0ExGjAYBgNVBAoMEUludGVsIENvcnBvcmF0aW9uMRQwEgYDVQQHDAtTYW50YSBDbGFyYTELMAkGA1UECAwC" +
  "Q0ExCzAJBgNVBAYTAlVTMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEC6nEwMDIYZOj/iPWsCzaEKi71OiOSLRFhWGj" +
  "bnBVJfVnkY4u3IjkDYYL0MxO4mqsyYjlBalTVYxFP2sJBK5zlKOBuzCBuDAfBgNVHSMEGDAWgBQiZQzWWp00ifODtJVS" +
  "v1AbOScGrDBSBgNVHR8ESzBJMEegRaBDhkFodHRwczovL2NlcnRpZmljYXRlcy50cnVzdGVkc2VydmljZXMuaW50ZWwu" +
  "Y29tL0ludGVsU0dYUm9vdENBLmRlcjAdBgNVHQ4EFgQUImUM1lqdNInzg7SVUr9QGzknBqwwDgYDVR0PAQH/BAQDAgEG" +
  "MBIGA1UdEwEB/wQIMAYBAf8CAQEwCgYIKoZIzj0EAwIDSQAwRgIhAOW/5QkR+S9CiSDcNoowLuPRLsWGf/Yi7GSX94Bg" +
  "wTwgAiEA4J0lrHoMs+Xo5o/sX6O9QWxHRAvZUGOdRQ7cvqRXaqI=";

/**
 * "Intel SGX Attestation Report Signing CA": RSA-3072, 2016 to 2049; signed the certificate of the retired IAS.
 *
 * Published with the IAS API; SHA-256 of the certificate
 * 7b42e41ec43b91db834a065de4f98a13c44d695570e839cfa8921e584e40735d.
 */
const IAS_REPORT_SIGNING_CA =
  "MIIFSzCCA7OgAwIBAgIJANEHdl0yo7CUMA0GCSqGSIb3DQEBCwUAMH4xCzAJBgNVBAYTAlVTMQswCQYDVQQIDAJDQTEU" +
  "MBIGA1UEBwwLU2FudGEgQ2xhcmExGjAYBgNVBAoMEUludGVsIENvcnBvcmF0aW9uMTAwLgYDVQQDDCdJbnRlbCBTR1gg" +
  "QXR0ZXN0YXRpb24gUmVwb3J0IFNpZ25pbmcgQ0EwIBcNMTYxMTE0MTUzNzMxWhgPMjA0OTEyMzEyMzU5NTlaMH4xCzAJ" +
  "BgNVBAYTAlVTMQswCQYDVQQIDAJDQTEUMBIGA1UEBwwLU2FudGEgQ2xhcmExGjAYBgNVBAoMEUludGVsIENvcnBvcmF0" +
  "aW9uMTAwLgYDVQQDDCdJbnRlbCBTR1ggQXR0ZXN0YXRpb24gUmVwb3J0IFNpZ25pbmcgQ0EwggGiMA0GCSqGSIb3DQEB" +
  "AQUAA4IBjwAwggGKAoIBgQCfPGR+tXc8u1EtJzLA10Feu1Wg+p7eLmSRmeaCHbkQ1TF3Nwl3RmpqXkeGzNLd69QUnWov" +
  "YyVSndEMyYc3sHecGgfinEehrgBJSEdsSJ9FpaFdesjsxqzGRa20PYdnnfWcCTvFoulpbFR4VBuXnnVLVzkUvlXTL/TA" +
  "nd8nIZk0zZkFJ7P5LtePvykkar7LcSQO85wtcQe0R1Raf/sQ6wYKaKmFgCGeNpEJUmg4ktal4qgIAxk+QHUxQE42sxVi" +
  "N5mqglB0QJdUot/o9a/V/mMeH8KvOAiQbyinkNndn+Bgk5sSV5DFgF0DffVqmVMblt5p3jPtImzBIH0QQrXJq39AT8cR" +
  "wP5HafuVeLHcDsRp6hol4P+ZFIhu8mmbI1u0hH3W/0C2BuYXB5PC+5izFFh/nP0lc2Lf6rELO9LZdnOhpL1ExFOq9H/B" +
  "8tPQ84T3Sgb4nAifDabNt/zu6MmCGo5U8lwEFtGMRoOaX4AS+909x00lYnmtwsDVWv9vBiJCXRsCAwEAAaOByTCBxjBg" +
  "BgNVHR8EWTBXMFWgU6BRhk9odHRwOi8vdHJ1c3RlZHNlcnZpY2VzLmludGVsLmNvbS9jb250ZW50L0NSTC9TR1gvQXR0" +
  "ZXN0YXRpb25SZXBvcnRTaWduaW5nQ0EuY3JsMB0GA1UdDgQWBBR4Q3t2pn680K9+QjfrNXw7hwFRPDAfBgNVHSMEGDAW" +
  "gBR4Q3t2pn680K9+QjfrNXw7hwFRPDAOBgNVHQ8BAf8EBAMCAQYwEgYDVR0TAQH/BAgwBgEB/wIBADANBgkqhkiG9w0B" +
  "AQsFAAOCAYEAeF8tYMXICvQqeXYQITkV2oLJsp6J4JAqJabHWxYJHGirIEqucRiJSSx+HjIJEUVaj8E0QjEud6Y5lNmX" +
  "lcjqRXaCPOqK0eGRz6hi+ripMtPZsFNaBwLQVV905SDjAzDzNIDnrcnXyB4gcDFCvwDFKKgLRjOB/WAqgscDUoGq5ZVi" +
  "zLUzTqiQPmULAQaB9c6Oti6snEFJiCQ67JLyW/E83/frzCmO5Ru6WjU4tmsmy8RaUd4APK0wZTGtfPXU7w+IBdG5Ez0k" +
  "E1qzxGQaL4gINJ1zMyleDnbuS8UicjJijvqA152Sq049ESDz+1rRGc2NVEqh1KaGXmtXvqxXcTB+Ljy5Bw2ke0v8iGng" +
  "FBPqCTVB3op5KBG3RjbF6RRSzwzuWfL7QErNC8WEy5yDVARzTA5+xmBc388v9Dm21HGfcC8ODD+gT9sSpssq0ascmvH4" +
  "9MOgjt1yoysLtdCtJW/9FZpoOypaHx0R+mJTLwPXVMrvDaVzWh5aiEx+idkSGMnX";

/** Read once, at the first use. */
function rootOf(base64: string): () => Certificate {
  let root: Certificate | undefined;
  return () => {
    if (root !== undefined) return root;
    const der = parseBase64(base64);
    assert(der !== undefined, "the root in the source is base64");
    const parsed = parseCertificate(der);
    assert(parsed.ok, "the root in the source is a certificate");
    root = parsed.value;
    return root;
  };
}

export const intelSgxRootCa: () => Certificate = rootOf(SGX_ROOT_CA);
export const intelIasRootCa: () => Certificate = rootOf(IAS_REPORT_SIGNING_CA);
