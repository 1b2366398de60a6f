import {expect, it} from 'vitest';
import {parseConfiguration} from '../../src/domain/configuration.ts';
import {bareEnvironment} from '../../src/wiring/bare-environment.ts';

it('programs of this machine do not inherit the variables that secrets are taken from', () => {
	const configuration = parseConfiguration(
		`registries:
  one:
    url: https://one.example
    credentials: {env: {username: ONE_USER, password: ONE_PASS}}
  two:
    url: https://two.example
    credentials: {username: ci, password: {env: TWO_PASS}}
  three:
    url: https://three.example
    credentials: {docker: true}
woodpecker: {url: https://ci.example, token: {env: CI_TOKEN}}
`,
		'regmedic.yaml',
	);
	const all = {PATH: '/bin', HOME: '/home/nora', ONE_USER: 'a', ONE_PASS: 'b', TWO_PASS: 'c', CI_TOKEN: 'd'};

	expect(bareEnvironment(all, configuration)).toEqual({PATH: '/bin', HOME: '/home/nora', ONE_USER: 'a'});
});
