import {expect, test} from 'vitest';
import {
	agreedScope,
	parseChallenges,
	realmOf,
	repositoryOf,
} from '../../../../src/adapters/registry/login/challenges.ts';

const read = (header: string | undefined) =>
	parseChallenges(header).map(({scheme, parameters}) => [scheme, Object.fromEntries(parameters)]);

test.each<[string | undefined, unknown]>([
	[undefined, []],
	['', []],
	['Basic realm="acme"', [['basic', {realm: 'acme'}]]],
	[
		'Bearer realm="https://a.example/t?x=1,2",service="acme",scope="repository:acme/app:pull,push"',
		[['bearer', {realm: 'https://a.example/t?x=1,2', service: 'acme', scope: 'repository:acme/app:pull,push'}]],
	],
	[
		'Negotiate, NTLM TlRMTVNTUAAB=, BEARER Realm = "x" ,  SERVICE=plain, Basic realm="say \\"hi\\""',
		[
			['negotiate', {}],
			['ntlm', {}],
			['bearer', {realm: 'x', service: 'plain'}],
			['basic', {realm: 'say "hi"'}],
		],
	],
	[',, Basic ,realm=""', [['basic', {realm: ''}]]],
	['Bearer realm="first", realm="second"', [['bearer', {realm: 'first'}]]],
	['Bearer realm="unended', [['bearer', {}]]],
	['= = =', []],
])('%s', (header, challenges) => {
	expect(read(header)).toEqual(challenges);
});

test('a header of any length is parsed in linear time', () => {
	const started = performance.now();
	parseChallenges(`Bearer ${'a="\\'.repeat(20_000)}`);
	parseChallenges(`${' '.repeat(50_000)}x`);
	expect(performance.now() - started).toBeLessThan(500);
});

test.each([
	['repository:acme/app:pull', undefined, 'repository:acme/app:pull'],
	['repository:acme/app:pull', 'repository:mirror/acme/app:pull', 'repository:mirror/acme/app:pull'],
	['repository:acme/app:pull', 'repository:acme/app:pull,push', 'repository:acme/app:pull'],
	['repository:acme/app:pull', 'repository:acme/app:pull registry:catalog:*', 'repository:acme/app:pull'],
	['repository:acme/app:pull', 'registry:catalog:pull', 'repository:acme/app:pull'],
	['repository:acme/app:pull,push', 'repository:a:pull repository:b:push', 'repository:a:pull repository:b:push'],
])('for %s, a challenge for %s gives %s', (meant, challenged, agreed) => {
	expect(agreedScope(meant, challenged)).toBe(agreed);
});

test.each([
	['https://registry.acme.example:5050/v2/', 'https://registry.acme.example/token', true],
	['https://registry.acme.example/v2/', 'http://registry.acme.example/token', false],
	['https://127.0.0.1:5000/v2/', 'http://127.0.0.1:5001/token', true],
	['http://registry.acme.example/v2/', 'http://registry.acme.example:81/token', true],
	['http://registry.acme.example/v2/', 'https://other.acme.example/token', true],
	['https://registry.acme.example/v2/', 'https://auth.acme.example/token', true],
	['https://registry.acme.example/v2/', 'http://auth.acme.example/token', false],
	['https://registry.acme.example/v2/', 'http://127.0.0.1:5001/token', false],
	['http://registry.acme.example/v2/', 'http://127.0.0.1:5001/token', false],
	['http://registry.acme.example/v2/', 'http://auth.acme.example/token', false],
	['http://127.0.0.1:5000/v2/', 'http://localhost:5001/token', true],
])('the registry at %s may name %s as its realm: %s', (base, realm, may) => {
	const [challenge] = parseChallenges(`Bearer realm="${realm}"`);
	const read = () => realmOf(challenge!, {base: new URL(base), host: 'registry.acme.example'});

	if (may) {
		expect(read().url.href).toBe(realm);
	} else {
		expect(read).toThrow(expect.objectContaining({code: 'registry.token-realm'}));
	}
});

test.each([
	['https://auth.acme.example', 'https://auth.acme.example/token', true],
	['https://auth.acme.example', 'https://registry.acme.example/token', false],
	['https://auth.acme.example', 'https://other.acme.example/token', false],
	['http://auth.acme.example', 'http://auth.acme.example/token', true],
])('where %s is configured, a realm at %s is asked: %s', (tokenService, realm, may) => {
	const [challenge] = parseChallenges(`Bearer realm="${realm}"`);
	const registry = {base: new URL('https://registry.acme.example/v2/'), host: 'registry.acme.example', tokenService};
	const read = () => realmOf(challenge!, registry);

	if (may) {
		expect(read().url.href).toBe(realm);
	} else {
		expect(read).toThrow(expect.objectContaining({code: 'registry.token-realm'}));
	}
});

test.each([
	['repository:acme/app:pull', 'acme/app'],
	['repository:acme/app:pull,push repository:acme/base:pull', 'acme/app'],
	['repository:registry.example:5050/app:pull', 'registry.example:5050/app'],
	['registry:catalog:*', undefined],
])('the scope %s is about the repository %s', (scope, repository) => {
	expect(repositoryOf(scope)).toBe(repository);
});
