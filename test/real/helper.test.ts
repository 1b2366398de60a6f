import {chmod, mkdir, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, beforeEach, expect, it, vi} from 'vitest';
import {seal} from '../../src/adapters/ssh/envelope.ts';
import {storeScripts} from '../../src/adapters/storage/store-scripts.ts';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore, type Store} from '../../src/drills/images/store.ts';
import {nobodyLogin} from '../support/as-nobody.ts';
import {type Login, openLogin} from '../support/cli.ts';
import {hashOfFile} from '../support/plan-file.ts';
import {describeReal, type RealRegistry, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {inputTo} from '../support/run-program.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';

/** Each starts the program several times: plenty, also on a busy machine. */
vi.setConfig({testTimeout: 300_000, hookTimeout: 120_000});

describeReal(
	'a store that belongs to root, by the helper that `regmedic check --print-helper` prints',
	['sshd', 'ssh', 'docker-registry', 'sudo', 'unshare', 'setpriv'],
	() => {
		let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
		let login: Login;
		let sshd: RealSshd;
		let registry: RealRegistry;
		let store: Store;
		let helper: string;
		let printed: string;
		const inside = (...parts: string[]) => path.join(temporary.folder, ...parts);
		const said = (text: string) => text.replaceAll(/\s+/g, ' ');

		beforeAll(async () => {
			temporary = await temporaryFolder();
			await chmod(temporary.folder, 0o755);
			await mkdir(inside('closed'), {mode: 0o700});
			await writeFile(inside('closed/secret'), 'the secret of another folder\n');
			store = openStore(inside('closed/store'));
			await store.push('app', 'latest', buildImage({seed: 'app'}));
			helper = inside('regmedic-root');
			const user = await nobodyLogin(temporary.folder);
			await user.allow(`nobody ALL=(root) NOPASSWD: ${helper}`);
			[login, sshd, registry] = await Promise.all([
				openLogin(),
				startSshd({folder: temporary.folder, options: user.options}),
				startDockerRegistry({root: store.root, folder: temporary.folder}),
			]);
			await configure();
			printed = (await login.run(['check', '--print-helper'])).stdout;
		});

		beforeEach(() => writeFile(helper, printed, {mode: 0o755}));

		afterAll(async () => {
			await login?.[Symbol.asyncDispose]();
			await Promise.all([sshd?.stop(), registry?.stop()]);
			await temporary?.[Symbol.asyncDispose]();
		});

		async function configure(more: object = {}): Promise<void> {
			const storage = {ssh: sshd.alias, sshConfig: sshd.configFile, root: store.root, become: {sudo: helper}, ...more};
			await writeFile(
				path.join(login.folder, 'work/regmedic.yaml'),
				JSON.stringify({registries: {private: {url: `http://${registry.host}`, storage}}}),
			);
		}

		/** What a login could send by itself: any text to the helper, as root. */
		const helped = (text: Uint8Array, input: string, args?: string[]) => {
			const loader = `eval "$(dd bs=1 count=${text.length} 2>/dev/null)"`;
			return inputTo(
				helper,
				args ?? ['-c', loader, 'regmedic', 'abcdef0123'],
				Buffer.concat([text, Buffer.from(input)]),
			);
		};
		const headOf = (start: string) =>
			seal({script: storeScripts.find(({script}) => script.includes(start))!.script}, 'abcdef0123').head;

		it.each(['openssh', 'ssh2'])('is scanned, hashes included (%s)', async transport => {
			const {exitCode, stdout, stderr} = await login.run([
				'scan',
				'--registry',
				'private',
				'--hash',
				'--transport',
				transport,
			]);

			expect([exitCode, stderr], stdout).toEqual([0, '']);
			expect(stdout).toContain('No fault found.');
		});

		it('from scan to verified: the relink is done, and root’s shell is not allowed', async () => {
			const image = buildImage({seed: 'linked'});
			await store.push('app', 'linked', image);
			await rm(path.dirname(store.revisionLink('app', image.manifests[0]!.digest)), {recursive: true});
			const file = path.join(login.folder, 'work/plan.json');

			const planned = await login.run(['respond', '--registry', 'private', '--plan', file]);
			const approval = await hashOfFile(file);
			const applied = await login.run(['respond', '--apply', file, '--approve', approval]);

			expect([planned.exitCode, planned.stderr], planned.stdout).toEqual([3, '']);
			expect(applied.exitCode, applied.stdout + applied.stderr).toBe(0);
			const shell = await login.run(['scan', '--registry', 'private', '--become', 'sudo']);
			expect([shell.exitCode, said(shell.stderr)]).toEqual([5, expect.stringContaining('sudo')]);
		});

		it('check reads it, and prints nothing secret; the helper names its folder, its line of sudoers and what it grants', async () => {
			const {checks} = JSON.parse((await login.run(['check', '--json'])).stdout);

			expect(checks.find(({what}: {what: string}) => what === 'storage private')).toMatchObject({ok: true});
			expect(printed).toContain(`LOGIN ALL=(root) NOPASSWD: ${helper}`);
			expect(printed).toContain(`root='${store.root}'`);
			expect(printed).toContain('Nothing else runs as root: not another script, not a shell.');
		});

		it('a helper of another version, or for another folder, is said with what helps', async () => {
			await writeFile(helper, printed.replaceAll(/^[0-9a-f]{60}/gm, '0'.repeat(60)), {mode: 0o755});
			const other = await login.run(['scan', '--registry', 'private']);
			expect([other.exitCode, said(other.stderr)]).toEqual([
				5,
				expect.stringContaining('this script is not on its list'),
			]);

			await writeFile(helper, printed.replace(`root='${store.root}'`, "root='/srv'"), {mode: 0o755});
			const elsewhere = await login.run(['scan', '--registry', 'private']);
			expect([elsewhere.exitCode, said(elsewhere.stderr)]).toEqual([
				5,
				expect.stringContaining('it is for /srv alone'),
			]);
			expect(said(elsewhere.stderr)).toContain('regmedic check --print-helper');
		});

		it('runs no script that was changed by a byte, no argument, and no other folder', async () => {
			const head = headOf('repositories');
			const changed = Buffer.from(head);
			changed[changed.length - 2] = 0x20;
			const own = Buffer.from('id >&2; cat /etc/shadow\n');

			expect(await helped(head, `${store.root}\n`)).toMatchObject({code: 0});
			for (const text of [changed, own, Buffer.alloc(0)]) {
				expect(await helped(text, `${store.root}\n`)).toMatchObject({
					code: 77,
					stdout: '',
					stderr: expect.stringMatching(/^regmedic-root: /),
				});
			}

			for (const args of [
				['-c', 'id', 'regmedic', 'abc', 'more'],
				['-c', 'id'],
				[],
				['-c', 'count=10 ', 'regmedic', 'A$(id)'],
			]) {
				expect(await helped(head, `${store.root}\n`, args)).toMatchObject({code: 77, stdout: ''});
			}

			for (const root of ['/', inside('closed'), `${store.root}/../..`, `${store.root}/`]) {
				expect(await helped(head, `${root}\n`)).toMatchObject({code: 77, stdout: ''});
			}
		});

		it.each([
			['readFiles', 'xargs grep', (line: string) => `1\n${line}\n`],
			['printBlob', 'cat "$file"', (line: string) => `${line}\n`],
			['readNote', 'told "regmedic-applied', (line: string) => `${line}\nx\n`],
		])('no line of input leads out of the store (%s)', async (_, start, inputOf) => {
			const head = headOf(start);
			const up = path.relative(path.join(store.root, 'docker/registry/v2'), inside('closed/secret'));
			for (const line of [
				up,
				`./${up}`,
				inside('closed/secret'),
				`./blobs ${inside('closed/secret')}`,
				`-f ${inside('closed/secret')}`,
				`--file=${inside('closed/secret')}`,
				`"${inside('closed/secret')}"`,
				`.\\./../secret`,
				`./blobs/../../../../../secret`,
			]) {
				const {stdout, stderr} = await helped(head, `${store.root}\n${inputOf(line)}`);

				expect(`${stdout}${stderr}`, line).not.toContain('the secret of another folder');
			}
		});
	},
);
