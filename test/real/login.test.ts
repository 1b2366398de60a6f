import {spawnSync} from 'node:child_process';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, expect, it} from 'vitest';
import {buildImage} from '../../src/drills/images/image.ts';
import {openStore} from '../../src/drills/images/store.ts';
import {describeReal, startDockerRegistry, temporaryFolder} from '../support/real.ts';
import {openTmux, type Tmux} from '../support/real-tmux.ts';
import {shippedProgram} from '../support/shipped.ts';
import {type RealSshd, startSshd} from '../support/sshd.ts';

const passphrase = 'correct horse';

describeReal('a key that only its person can open', ['ssh', 'sshd', 'ssh-keygen', 'tmux', 'docker-registry'], () => {
	let temporary: Awaited<ReturnType<typeof temporaryFolder>>;
	let sshd: RealSshd;
	let environment: NodeJS.ProcessEnv;

	beforeAll(async () => {
		temporary = await temporaryFolder();
		sshd = await startSshd({folder: temporary.folder});
		spawnSync('ssh-keygen', ['-q', '-p', '-P', '', '-N', passphrase, '-f', sshd.identityFile]);
		await openStore(path.join(temporary.folder, 'data')).push('acme/app', 'latest', buildImage({seed: 'a'}));
		environment = {...process.env, HOME: temporary.folder, XDG_STATE_HOME: temporary.folder, LANG: 'C.UTF-8'};
		delete environment.SSH_AUTH_SOCK;
		delete environment.XDG_RUNTIME_DIR;
	});

	afterAll(async () => {
		await sshd.stop();
		await temporary[Symbol.asyncDispose]();
	});

	const scan = () => ['scan', '--ssh', 'vm', '--ssh-config', sshd.configFile, '--root', `${temporary.folder}/data`];
	const open = (name: string, args: string[]): Promise<Tmux> =>
		openTmux([process.execPath, shippedProgram(), ...args], {folder: temporary.folder, environment, name});

	it('is asked for once by ssh itself, at the terminal, and everything runs over the one connection', async () => {
		await using terminal = await open('scan', scan());

		await terminal.until(/Enter passphrase for key/);
		await terminal.type(passphrase);
		await terminal.press('Enter');
		const {code, scrollback} = await terminal.ended();

		expect(scrollback.match(/Enter passphrase/g)).toHaveLength(1);
		expect(scrollback).toContain('No fault found.');
		expect(scrollback).not.toContain(passphrase);
		expect(code).toBe(0);
	});

	it('is not asked for where nobody sits at a terminal: then the login is refused', () => {
		const ran = spawnSync(process.execPath, [shippedProgram(), ...scan()], {
			env: environment,
			encoding: 'utf8',
			input: '',
		});

		expect(ran).toMatchObject({status: 5, stdout: ''});
		expect(ran.stderr).toContain('vm refuses the login');
	});

	it('given up at the prompt, is a refused login, and the terminal is as it was', async () => {
		await using terminal = await open('wrong', scan());

		await terminal.until(/Enter passphrase for key/);
		await terminal.press('C-c');
		const {code, scrollback} = await terminal.ended();

		expect(scrollback).not.toMatch(/\n\s+at .*\.ts/);
		expect([5, 130]).toContain(code);
	});

	it('is asked for while the screen of an incident steps aside, which then goes on', async () => {
		const root = path.join(temporary.folder, 'broken');
		const store = openStore(root);
		const image = buildImage({seed: 'b'});
		await store.push('acme/app', 'latest', image);
		await store.remove(store.revisionLink('acme/app', image.manifests[0]!.digest));
		await using registry = await serve(root);
		await writeFile(
			path.join(temporary.folder, 'regmedic.yaml'),
			`registries:
  private:
    url: http://${registry.host}
    storage: {ssh: vm, root: ${root}, sshConfig: ${sshd.configFile}}
`,
		);
		await using terminal = await open('respond', [
			'respond',
			'orphan-index',
			'--image',
			`${registry.host}/acme/app:latest`,
			'--auto',
		]);

		await terminal.until(/Enter passphrase for key/);
		await terminal.type(passphrase);
		await terminal.press('Enter');
		const screen = await terminal.until(/Relink 1 manifest/);
		await terminal.press('C-c');
		const {code, scrollback} = await terminal.ended();

		expect(screen).not.toContain('Enter passphrase');
		expect(terminal.seen()).not.toContain(passphrase);
		expect(scrollback).toContain('regmedic resume');
		expect(code).toBe(130);
	});

	async function serve(root: string) {
		const registry = await startDockerRegistry({root, folder: temporary.folder});
		return {...registry, [Symbol.asyncDispose]: () => registry.stop()};
	}
});
