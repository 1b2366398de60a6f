import {expect, test} from 'vitest';
import {imageFor, parseConfiguration, registryFor} from '../../src/domain/configuration.ts';
import {parseReference} from '../../src/domain/image/reference.ts';

const whole = `registries:
  private:
    url: https://registry.example:5050
    credentials: {docker: true}
    storage: {ssh: registry-vm, root: /opt/registry/data}
woodpecker:
  url: https://ci.example
  token: {env: WOODPECKER_TOKEN}
images:
  infra-ci:
    registry: private
    build: {repository: acme/infra, branch: main, runsIn: [infra-ci]}
    fallback: {on: vm, git: 'git@git.example:acme/infra.git'}
`;

test('a whole configuration is read, with its defaults', () => {
	expect(parseConfiguration(whole, 'regmedic.yaml')).toMatchObject({
		registries: {private: {role: 'authoritative'}},
		images: {'infra-ci': {fallback: {context: '.', dockerfile: 'Dockerfile', builder: 'auto', tags: []}}},
	});
});

test.each(['', '# nothing yet\n', '---\n', '{}'])('an empty file (%j) is an empty configuration', text => {
	expect(parseConfiguration(text, 'regmedic.yaml')).toEqual({registries: {}, images: {}});
});

test.each([
	[
		'    url: https://registry.example:5050',
		'    urll: https://registry.example:5050',
		/^regmedic\.yaml:\d+:\d+: .*\n?/,
	],
	[
		'    storage: {ssh: registry-vm, root: /opt/registry/data}',
		'    storage: {ssh: registry-vm}',
		/needs one of root: FOLDER and volume: NAME/,
	],
	['    url: https://registry.example:5050', '    url: registry.example', /write https:\/\/HOST/],
	['    url: https://registry.example:5050', '    url: https://registry.example:99999', /write https:\/\/HOST/],
	[
		'    url: https://registry.example:5050',
		'    url: https://ada:hunter2@registry.example',
		/must not contain a password or token/,
	],
	[
		"git: 'git@git.example:acme/infra.git'",
		'git: https://ada:token@git.example/acme/infra',
		/must not contain a password or token/,
	],
	['  token: {env: WOODPECKER_TOKEN}', '  token: abcdef', /write \{env: NAME\}/],
	['    registry: private', '    registry: privat', /There is no registry "privat"/],
	['    credentials: {docker: true}', '    credentials: {password: abc}', /write \{docker: true\}/],
	['  url: https://ci.example', '  url: ci.example', /write https:\/\/HOST/],
	['    registry: private', '    registry: *who', /./],
	['    registry: private', '    registry: [private', /./],
])('%j written as %j is said with its line and column, and no secret in it', (before, after, message) => {
	const text = whole.replace(before, () => after);
	const line = text.split('\n').findIndex(each => each.includes(after.trim())) + 1;

	const error = attempt(() => parseConfiguration(text, 'regmedic.yaml'));
	expect(error).toMatchObject({code: 'configuration.invalid', exit: 'configuration'});
	expect(error.message).toMatch(message);
	if (!/\*who|\[private/.test(after)) {
		expect(error.message).toMatch(new RegExp(`regmedic\\.yaml:${line}:\\d+: `));
	}

	expect(error.message).not.toMatch(/hunter2|abcdef/);
});

test('an unknown key is reported at its position', () => {
	const error = attempt(() => parseConfiguration(whole.replace('woodpecker:', 'woodpeker:'), 'regmedic.yaml'));

	expect(error.message).toBe('regmedic.yaml:6:1: Unknown key "woodpeker".');
});

test('a registry is found by the host of a reference, with its own port', () => {
	const configuration = parseConfiguration(whole, 'x');

	expect(registryFor(configuration, 'registry.example:5050')?.name).toBe('private');
	expect(registryFor(configuration, 'registry.example')).toBeUndefined();
	expect(registryFor(parseConfiguration(whole.replace(':5050', ':443'), 'x'), 'registry.example')?.name).toBe(
		'private',
	);
	expect(imageFor(configuration, parseReference('registry.example:5050/infra-ci:latest'), 'private')?.name).toBe(
		'infra-ci',
	);
	expect(imageFor(configuration, parseReference('registry.example:5050/infra-ci:latest'), undefined)).toBeUndefined();
});

function attempt(work: () => unknown): Error {
	try {
		work();
	} catch (error) {
		return error as Error;
	}

	return expect.unreachable();
}
