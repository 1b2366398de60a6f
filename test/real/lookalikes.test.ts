import {type ChildProcess, spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {chmod, chown, cp, mkdir, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, beforeEach, expect, it} from 'vitest';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {describeReal, locate, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';
import {isSweep} from '../support/sweep.ts';

const nobody = 65_534;
/** Every program that a script of ours names, and those that a process list may show. */
const lookalikes =
	'sh dd ls id find grep sed tr head tail sort wc cat du df awk ps pwd readlink getconf timeout crontab docker podman nice flock ssh env sudo systemctl dpkg-query rpm apk registry sha256sum xargs stat date cut'.split(
		' ',
	);

/** Only root can start processes as another user. Tracing takes some seconds. */
const isPossible = isSweep && process.getuid?.() === 0;

describeReal(
	'a host with a user who plays registry, docker, crontab and find',
	[...['sshd', 'ssh', 'strace', 'setpriv', 'docker-registry', 'bash']],
	() => {
		let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
		let login: Login;
		let sshd: RealSshd;
		let registry: RealRegistry;
		let store: Store;
		const played: ChildProcess[] = [];
		const inside = (...parts: string[]) => path.join(temporary.folder, ...parts);
		const hostilePath = () => `${inside('eve/bin')}::.:${inside('eve/bin/../bin')}:${process.env.PATH}:/usr/sbin:/sbin`;

		beforeAll(async () => {
			if (!isPossible) {
				return;
			}

			temporary = await temporaryFolder();
			await chmod(temporary.folder, 0o755);
			login = await openLogin();
			store = openStore(inside('opt/data'));
			await store.push('acme/tool', 'latest', buildImage({seed: 'acme', platforms: ['linux/amd64']}));
			await mkdir(inside('eve/bin'), {recursive: true});
			for (const name of lookalikes) {
				const script = `#!/bin/sh\n[ "$1" != serve ] || exec sleep 600\necho "$0 $*" >>'${inside('eve/ran')}'\n`;
				for (const folder of [inside('eve/bin'), ...(name === 'docker' ? [] : [store.root]), store.base]) {
					await writeFile(path.join(folder, name), script, {mode: 0o777});
				}
			}

			// A program of its own: of a script the kernel shows the shell.
			await rm(inside('eve/bin/registry'));
			await cp(locate('bash')!, inside('eve/bin/registry'), {dereference: true});
			for (const file of [inside('eve'), inside('eve/bin'), inside('eve/bin/registry')]) {
				await chown(file, nobody, nobody);
			}

			await writeFile(inside('eve/serve'), 'sleep 600; :\n');
			for (const command of [
				`cd '${inside('eve')}'; exec ./bin/registry serve /c.yml`,
				// Any user may start a program of the system under any name.
				`exec -a 'registry serve ' '${locate('tail')}' -f /dev/null`,
			]) {
				played.push(
					spawn('setpriv', [`--reuid=${nobody}`, `--regid=${nobody}`, '--clear-groups', 'bash', '-c', command], {
						stdio: 'ignore',
						detached: true,
					}),
				);
			}

			const strace = `${locate('strace')} -ff --seccomp-bpf -qq -s 300 -o ${inside('trace')} -e trace=execve`;
			[sshd, registry] = await Promise.all([
				startSshd({
					folder: temporary.folder,
					// The login shell reads no start-up file of this machine's user.
					options: [
						`SetEnv PATH=${hostilePath()} HOME=${inside('home')}`,
						`ForceCommand ${strace} /bin/sh -c "$SSH_ORIGINAL_COMMAND"`,
					],
				}),
				startDockerRegistry({root: store.root, folder: temporary.folder}),
			]);
		});

		afterAll(async () => {
			await Promise.all([sshd?.stop(), registry?.stop()]);
			for (const child of played) {
				process.kill(-child.pid!, 'SIGKILL');
				await once(child, 'exit').catch(() => {});
			}

			await login[Symbol.asyncDispose]();
			await temporary[Symbol.asyncDispose]();
		});

		beforeEach(async () => {
			for (const name of await traces()) {
				await rm(inside(name));
			}
		});

		const traces = async () => (await readdir(temporary.folder)).filter(name => name.startsWith('trace.'));

		/** The programs that were started: `/usr/bin/find "find" "." …`. */
		async function started(): Promise<string[]> {
			const texts = await Promise.all((await traces()).map(name => readFile(inside(name), 'utf8')));
			return texts.flatMap(text =>
				[...text.matchAll(/^execve\("([^"]*)", \[(.*?)\].* = 0$/gm)].map(([, file, argv]) => `${file} ${argv}`),
			);
		}

		it.runIf(isPossible).each(['this machine', 'openssh', 'ssh2'])(
			'nothing of theirs runs, over %s',
			async transport => {
				const remote = {ssh: sshd.alias, sshConfig: sshd.configFile, transport};
				const storage = {root: store.root, ...(transport === 'this machine' ? {} : remote)};
				await writeFile(
					path.join(login.folder, 'work/regmedic.yaml'),
					JSON.stringify({registries: {private: {url: `http://${registry.host}`, storage}}}),
				);
				const wrapper = [
					locate('strace')!,
					'-ff',
					'--seccomp-bpf',
					'-qq',
					'-s',
					'300',
					'-o',
					inside('trace'),
					'-e',
					'trace=execve',
				];
				const local = {environment: {PATH: hostilePath()}, folder: store.base, wrapper};
				const config = path.join(login.folder, 'work/regmedic.yaml');

				const audit = await login.run(['audit', 'private', '--json', '--config', config], local);
				const scan = await login.run(['scan', '--registry', 'private', '--json', '--hash', '--config', config], local);

				expect([audit.exitCode, scan.exitCode], `${audit.stderr}${scan.stderr}`).toEqual([8, 0]);
				// The real one, whose binary only root could have put there, still says its version.
				expect(JSON.parse(audit.stdout).versions).toContain('2.8.2+ds1');
				const programs = await started();
				expect(programs.length).toBeGreaterThan(50);
				expect(programs.filter(each => !each.startsWith('/'))).toEqual([]);
				expect(programs.filter(each => each.startsWith(temporary.folder))).toEqual([]);
				const versioned = programs.filter(each => each.includes('"--version"')).map(each => each.split(' ')[0]);
				expect([...new Set(versioned)].sort()).toEqual([locate('docker-registry'), locate('timeout')]);
				expect(existsSync(inside('eve/ran'))).toBe(false);
			},
		);

		it.runIf(isPossible)('the lookalikes are there and would run', () => {
			const list = spawnSync('ps', ['-e', '-o', 'args='], {encoding: 'utf8'}).stdout;
			expect(list).toContain('./bin/registry serve /c.yml');
			expect(list).toMatch(/^registry serve {2}-f \/dev\/null$/m);
			spawnSync('sh', ['-c', 'find --x'], {env: {PATH: hostilePath()}, cwd: store.base});
			expect(existsSync(inside('eve/ran'))).toBe(true);
		});
	},
);
