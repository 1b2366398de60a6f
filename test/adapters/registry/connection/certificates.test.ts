import {copyFile, mkdir, symlink, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, test} from 'vitest';
import {hostCertificates} from '../../../../src/adapters/registry/connection/certificates/host-folders.ts';
import {machineAuthorities} from '../../../../src/adapters/registry/connection/certificates/machine-authorities.ts';
import {createAuthority, type Pair} from '../../../support/certificates.ts';
import {describeReal, temporaryFolder} from '../../../support/real.ts';
import {createTempFolder} from '../../../support/temp-folder.ts';

const host = 'registry.example:5050';

describeReal('the certificates of a machine', ['openssl'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let one: Pair;
	let two: Pair;

	beforeAll(async () => {
		temporary = await temporaryFolder();
		one = (await createAuthority(temporary.folder, 'one')).ca;
		two = (await createAuthority(temporary.folder, 'two')).ca;
	});

	afterAll(() => temporary[Symbol.asyncDispose]());

	/** A machine with these files, each a copy of another or a text. */
	async function machine(files: Record<string, Pair['cert'] | {text: string}>) {
		const root = await createTempFolder();
		for (const [name, content] of Object.entries(files)) {
			const file = path.join(root, name);
			await mkdir(path.dirname(file), {recursive: true});
			await (typeof content === 'string' ? copyFile(content, file) : writeFile(file, content.text));
		}

		return {root, environment: {HOME: path.join(root, 'home')} as Record<string, string>};
	}

	test('authorities come from the first bundle and every folder of the distributions, each once', async () => {
		const debian = await machine({
			'etc/ssl/certs/ca-certificates.crt': one.cert,
			'etc/pki/tls/certs/ca-bundle.crt': {text: 'not read as a bundle'},
			'etc/ssl/certs/acme.pem': two.cert,
			'etc/ssl/certs/broken.pem': {text: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'},
		});
		await symlink('acme.pem', path.join(debian.root, 'etc/ssl/certs/0badcafe.0'));
		const fedora = await machine({'etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem': two.cert});

		const all = machineAuthorities(debian, []);
		expect(all).toHaveLength(2);
		expect(machineAuthorities(fedora, [])).toEqual([all[1]]);
		expect(machineAuthorities(fedora, [`${all[1]}\n`])).toEqual([]);
		expect(machineAuthorities(await machine({}), [])).toEqual([]);
	});

	test('SSL_CERT_FILE and SSL_CERT_DIR stand for the distribution’s', async () => {
		const {root} = await machine({'etc/ssl/cert.pem': one.cert, 'mine.pem': two.cert, 'folder/one.pem': one.cert});
		const named = (environment: Record<string, string>) => machineAuthorities({root, environment}, []).length;

		expect(named({SSL_CERT_FILE: path.join(root, 'mine.pem'), SSL_CERT_DIR: '/nowhere'})).toBe(1);
		expect(named({SSL_CERT_FILE: path.join(root, 'mine.pem'), SSL_CERT_DIR: `/nowhere:${root}/folder`})).toBe(2);
		expect(named({SSL_CERT_FILE: '/nowhere', SSL_CERT_DIR: '/nowhere'})).toBe(0);
	});

	test('every folder of a host counts for authorities, and the first with a pair for the client certificate', async () => {
		const at = await machine({
			[`etc/docker/certs.d/${host}/ca.crt`]: one.cert,
			[`etc/docker/certs.d/${host}/client.cert`]: one.cert,
			[`etc/docker/certs.d/${host}/client.key`]: one.key,
			[`etc/containers/certs.d/${host}/ca.crt`]: two.cert,
			[`home/.config/containers/certs.d/${host}/odd.crt`]: {text: 'no certificate'},
			'home/.config/docker/certs.d/registry.example/ca.crt': two.cert,
		});
		const {authorities, client, unread} = hostCertificates(host, at);

		expect(authorities.map(({file}) => path.relative(at.root, file))).toEqual([
			`etc/containers/certs.d/${host}/ca.crt`,
			`etc/docker/certs.d/${host}/ca.crt`,
		]);
		expect(client?.keyFile).toBe(path.join(at.root, `etc/docker/certs.d/${host}/client.key`));
		expect(unread).toEqual([expect.stringContaining('odd.crt: it holds no PEM certificate')]);
	});

	test('a client certificate without its key is named', async () => {
		const at = await machine({[`etc/containers/certs.d/${host}/client.cert`]: one.cert});

		expect(() => hostCertificates(host, at)).toThrow(
			expect.objectContaining({code: 'registry.client-certificate', message: expect.stringContaining('client.key')}),
		);
	});
});
