/** The key of every shard of the model, in which nothing is signed. */
export const onlyKey = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEzq42Q9XgcAi686ZR5Qn2NGjxNX76
GKZux50ZJVoXXP05DS/IB6mD2HzZro3D7/701kE3JQk+fo4z6BZS63Q6mQ==
-----END PUBLIC KEY-----
`;
