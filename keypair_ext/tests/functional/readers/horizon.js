// SPDX-License-Identifier: Apache-2.0

// Encrypts a password for the private key on standard input, has Horizon's
// JSEncrypt, the file that is named, decrypt it, and prints what it says.
const crypto = require('crypto');
const fs = require('fs');
const vm = require('vm');

const page = { navigator: { appName: '', appVersion: '' } };
page.window = page;
vm.runInNewContext(fs.readFileSync(process.argv[2], 'utf8'), page);

const pem = fs.readFileSync(0, 'utf8');
// Passwords are encrypted with RSA keys only.
const encrypted = pem.includes('RSA')
  ? crypto.publicEncrypt(
      { key: pem, padding: crypto.constants.RSA_PKCS1_PADDING },
      Buffer.from('secret'),
    )
  : Buffer.from('secret');

const reader = new page.JSEncrypt();
reader.setKey(pem);
console.log(JSON.stringify(reader.decrypt(encrypted.toString('base64'))));
