import {spawnSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {chmod, mkdir, readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, it} from 'vitest';
import {openLogin} from '../support/cli.ts';
import {describeReal, locate} from '../support/real.ts';
import {isSweep} from '../support/sweep.ts';

const proxyPort = 9;
const canUnshare = isSweep && spawnSync('unshare', ['-n', 'true']).status === 0;

describeReal('a drill on a machine whose environment leads elsewhere', ['unshare', 'busybox', 'strace'], () => {
	it.runIf(canUnshare)(
		'talks to its own servers on loopback, and to no proxy, agent, helper or ssh_config',
		async () => {
			await using login = await openLogin();
			const inside = (...parts: string[]) => path.join(login.folder, ...parts);
			const mark = inside('touched');
			await mkdir(inside('bin'));
			await writeFile(inside('bin/docker-credential-real'), `#!/bin/sh\ntouch '${mark}'\n`);
			await chmod(inside('bin/docker-credential-real'), 0o755);
			await mkdir(inside('docker'));
			await writeFile(inside('docker/config.json'), JSON.stringify({credsStore: 'real'}));
			await mkdir(inside('.ssh'), {mode: 0o700});
			await writeFile(inside('.ssh/config'), `Host *\n\tProxyCommand touch '${mark}'\n`);
			await mkdir(inside('config/regmedic'), {recursive: true});
			await writeFile(inside('config/regmedic/config.yaml'), 'not: valid\n');
			const proxy = `http://127.0.0.1:${proxyPort}`;

			const {exitCode, stdout, stderr} = await login.run(['drill', 'orphan-index', '--auto', '--speed', '20'], {
				environment: {
					...Object.fromEntries(
						['http_proxy', 'https_proxy', 'all_proxy'].flatMap(name =>
							[name, name.toUpperCase()].map(each => [each, proxy]),
						),
					),
					NODE_USE_ENV_PROXY: '1',
					DOCKER_CONFIG: inside('docker'),
					DOCKER_HOST: 'tcp://127.0.0.1:9',
					SSH_AUTH_SOCK: inside('agent'),
					WOODPECKER_TOKEN: 'real-token-of-the-person',
					REG_PASS: 'real-password-of-the-person',
					PATH: `${inside('bin')}:${process.env.PATH}`,
				},
				wrapper: [
					...['unshare', '-n', 'sh', '-c', 'busybox ip link set lo up && exec "$@"', 'sh'],
					...[locate('strace')!, '-ff', '--seccomp-bpf', '-qq', '-o', inside('trace'), '-e', 'trace=connect'],
				],
			});

			expect(exitCode, `${stdout}${stderr}`).toBe(0);
			const names = (await readdir(login.folder)).filter(name => name.startsWith('trace.'));
			const traces = await Promise.all(names.map(name => readFile(inside(name), 'utf8')));
			const calls = traces
				.join('')
				.split('\n')
				.filter(line => line.startsWith('connect('));
			const elsewhere = calls.filter(
				call => !call.includes('sin_addr=inet_addr("127.0.0.1")') && !/nscd|AF_UNSPEC/.test(call),
			);
			expect(calls.length).toBeGreaterThan(20);
			expect(elsewhere).toEqual([]);
			expect(calls.filter(call => call.includes(`htons(${proxyPort})`))).toEqual([]);
			expect(existsSync(mark)).toBe(false);
			const kept = spawnSync('grep', ['-rl', 'of-the-person', login.state], {encoding: 'utf8'}).stdout;
			expect(kept).toBe('');
		},
		120_000,
	);
});
