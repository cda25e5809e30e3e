// Seals and opens with Tencent's own @wecom/crypto. In: one JSON job a line, {seal: text} or {open: encrypt}, with key, token,
// receiver, timestamp, nonce (and random, 16 characters). Out: one line a job: {encrypt, signature} or {text, receiver, signature}.
import { createInterface } from 'node:readline';
import { decrypt, encrypt, getSignature } from '@wecom/crypto';

for await (const line of createInterface({ input: process.stdin })) {
  const { seal, open, key, token, receiver, timestamp, nonce, random } = JSON.parse(line);
  if (open === undefined) {
    const sealed = encrypt(key, seal, receiver, ...(random ? [Buffer.from(random)] : []));
    console.log(JSON.stringify({ encrypt: sealed, signature: getSignature(token, timestamp, nonce, sealed) }));
  } else {
    const { message, id } = decrypt(key, open);
    console.log(JSON.stringify({ text: message, receiver: id, signature: getSignature(token, timestamp, nonce, open) }));
  }
}
