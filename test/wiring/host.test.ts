import {expect, it} from 'vitest';
import {parseConfiguration} from '../../src/domain/configuration.ts';
import {createRedaction} from '../../src/domain/text/redaction.ts';
import {openShell} from '../../src/wiring/host.ts';
import {processes} from '../support/processes.ts';

it('programs of this machine inherit what they need, and no token or password', async () => {
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
	const signal = AbortSignal.timeout(20_000);
	const environment = {
		PATH: '/usr/bin:/bin',
		HOME: '/home/nora',
		ONE_USER: 'a',
		ONE_PASS: 'b',
		TWO_PASS: 'c',
		CI_TOKEN: 'd',
		PUSHGATEWAY_PASSWORD: 'e',
		VAULT_TOKEN: 'f',
		https_proxy: 'http://nora:g@proxy:3128',
		http_proxy: 'http://proxy:3128',
		DOCKER_HOST: 'unix:///run/docker.sock',
	};
	const shell = openShell({}, {configuration, environment, processes, redaction: createRedaction(), signal});

	const {stdout} = await shell.run({kind: 'read', script: 'env', timeoutMs: 10_000}, {signal});
	await shell.close();

	const inherited = stdout.toString().split('\n');
	expect(inherited).toEqual(
		expect.arrayContaining([
			// Without links: /bin is /usr/bin on most systems.
			expect.stringMatching(/^PATH=\/usr\/bin/),
			'HOME=/home/nora',
			'DOCKER_HOST=unix:///run/docker.sock',
			'http_proxy=http://proxy:3128',
		]),
	);
	expect(inherited.filter(line => /^(?:ONE_|TWO_|CI_|PUSHGATEWAY_|VAULT_|https_proxy)/.test(line))).toEqual([]);
});
