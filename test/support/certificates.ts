import {execFileSync} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';

export type Pair = {cert: string; key: string};

/** A private certificate authority, made with openssl in this folder. All values are paths of PEM files. */
export async function createAuthority(folder: string, name = 'ca') {
	const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
	const file = (of: string) => path.join(folder, of);
	const openssl = (...args: string[]) => execFileSync('openssl', args, {stdio: 'ignore'});
	const ca: Pair = {cert: file(`${name}.pem`), key: file(`${name}.key`)};
	openssl('req', '-x509', ...key, '-keyout', ca.key, '-out', ca.cert, '-subj', `/CN=acme ${name}`, '-days', '2');

	return {
		ca,
		/** @param address `IP:127.0.0.1` @param days negative: expired that long ago */
		async sign(of: string, {address = 'IP:127.0.0.1', days = 1} = {}): Promise<Pair> {
			const pair: Pair = {cert: file(`${of}.pem`), key: file(`${of}.key`)};
			await writeFile(file(`${of}.ext`), `subjectAltName=${address}\n`);
			openssl('req', ...key, '-keyout', pair.key, '-out', file(`${of}.csr`), '-subj', `/CN=${of}`);
			const by = ['-CA', ca.cert, '-CAkey', ca.key, '-CAcreateserial', '-extfile', file(`${of}.ext`)];
			openssl('x509', '-req', '-in', file(`${of}.csr`), ...by, '-days', String(days), '-out', pair.cert);
			return pair;
		},
	};
}
