import fc from 'fast-check';
import {expect, test} from 'vitest';
import {keysOfHost, readAuthKey} from '../../../../src/adapters/secrets/machine-login/auth-keys.ts';

test.each([
	['registry.example:5050', {host: 'registry.example:5050'}],
	['https://registry.example', {host: 'registry.example'}],
	['http://registry.example:5050', {host: 'registry.example:5050'}],
	['https://registry.example/v1/', {host: 'registry.example'}],
	['https://registry.example/v2/', {host: 'registry.example'}],
	['https://registry.example/acme', {host: 'registry.example'}],
	['registry.example/v2/', {host: 'registry.example'}],
	['Registry.Example/', {host: 'registry.example'}],
	['registry.example/acme', {host: 'registry.example', path: 'acme'}],
	['registry.example:5050/acme/secret', {host: 'registry.example:5050', path: 'acme/secret'}],
	['registry.example/v2/app', {host: 'registry.example', path: 'v2/app'}],
	['https://index.docker.io/v1/', {host: 'index.docker.io'}],
])('the key %s is read as docker and podman read it', (key, read) => {
	expect(readAuthKey(key)).toEqual(read);
});

test('the plainest key of a host comes first, and no key of another host or of a folder', () => {
	const keys = [
		'http://r.example/',
		'https://r.example/v1/',
		'r.example/acme',
		'r.example:443',
		'r.example',
		'x.r.example',
	];

	expect(keysOfHost(keys, 'r.example')).toEqual(['r.example', 'https://r.example/v1/', 'http://r.example/']);
});

test.each(['docker.io', 'index.docker.io', 'registry-1.docker.io'])('%s is Docker’s own registry', host => {
	expect(keysOfHost(['https://index.docker.io/v1/', 'docker.io.example'], host)).toEqual([
		'https://index.docker.io/v1/',
	]);
});

test('no key whatever is taken for a host that it does not begin with', () => {
	fc.assert(
		fc.property(fc.string(), fc.domain(), (key, host) => {
			const isTaken = keysOfHost([key], host).length > 0;
			expect(isTaken && !/^(https?:\/\/)?/.exec(key)).toBe(false);
			if (isTaken) {
				expect(
					key
						.toLowerCase()
						.replace(/^https?:\/\//, '')
						.split('/')[0],
				).toBe(host);
			}
		}),
	);
});
