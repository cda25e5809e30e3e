"""What every Tencent door shares: sealed envelopes, their XML, calls with a token, the body of a callback. No channel itself."""
