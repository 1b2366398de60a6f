import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {afterAll, beforeAll, describe, expect, it} from 'vitest';
import {type TestWorld, testWorld} from '../drills/drill.ts';
import {type Login, openLogin, type RunOptions} from '../support/cli.ts';

let login: Login;
let drill: TestWorld;
let work: string;
const password: RunOptions = {environment: {REG_USER: 'drill', REG_PASS: ''}};

beforeAll(async () => {
	[login, drill] = await Promise.all([openLogin(), testWorld()]);
	work = path.join(login.folder, 'work');
	const {registryUrl, registryCredentials, ssh} = drill.world;
	password.environment!.REG_PASS = registryCredentials.password;

	const page = await readFile(path.join(import.meta.dirname, '../../runbooks/orphan-index.md'), 'utf8');
	const config = await readFile(ssh.configFile, 'utf8');
	await writeFile(path.join(work, 'unrouted.md'), page.replace('  filtered: decide\n', ''));
	await writeFile(path.join(work, 'nobody-known'), '');
	await writeFile(
		path.join(work, 'ssh_config'),
		config.replace(/UserKnownHostsFile .*/, `UserKnownHostsFile "${path.join(work, 'nobody-known')}"`),
	);
	await writeFile(
		path.join(work, 'unknown-key.yaml'),
		'registries:\n  a:\n    url: http://127.0.0.1:1\n    colour: red\n',
	);
	await writeFile(
		path.join(work, 'drill.yaml'),
		`registries:\n  drill:\n    url: ${registryUrl}\n    credentials: {env: {username: REG_USER, password: REG_PASS}}\n`,
	);
});

afterAll(async () => {
	await drill[Symbol.asyncDispose]();
	await login[Symbol.asyncDispose]();
});

type Mistake = {
	args: () => string[];
	options?: () => RunOptions;
	exitCode: number;
	code: string;
	/** On standard error: what happened, and what to do. */
	says: RegExp[];
};

const config = (...args: string[]) => ['--config', 'drill.yaml', ...args];
const scanHost = (transport: string) => () => [
	...['scan', '--ssh', drill.world.ssh.alias, '--root', drill.world.storageRoot],
	...['--ssh-config', 'ssh_config', '--transport', transport],
];
const unwritable = (): RunOptions => ({environment: {XDG_STATE_HOME: '/dev/null'}});

const mistakes: Record<string, Mistake> = {
	'a malformed reference': {
		args: () => ['verify', 'Not A Reference'],
		exitCode: 2,
		code: 'reference.malformed',
		says: [/is not an image reference/, /host\[:port\]\/repository:tag/],
	},
	'an argument too many': {
		args: () => ['check', 'private'],
		exitCode: 2,
		code: 'usage.invalid',
		says: [/Too many arguments/, /--help/],
	},
	'a configuration that does not exist': {
		args: () => ['--config', 'missing.yaml', 'check'],
		exitCode: 4,
		code: 'configuration.missing',
		says: [/missing\.yaml: ENOENT/, /--config/],
	},
	'a configuration with an unknown key': {
		args: () => ['--config', 'unknown-key.yaml', 'check'],
		exitCode: 4,
		code: 'configuration.invalid',
		says: [/unknown-key\.yaml:4:5: .*colour/, /README/],
	},
	'a registry that does not listen': {
		args: () => ['verify', '127.0.0.1:1/infra-ci:latest'],
		exitCode: 6,
		code: 'registry.unreachable',
		says: [/Nothing listens at 127\.0\.0\.1:1/, /Check that the registry is running/],
	},
	'a wrong password': {
		args: () => config('verify', drill.world.image),
		options: () => ({environment: {REG_USER: 'drill', REG_PASS: 'wrong'}}),
		exitCode: 5,
		code: 'registry.unauthorized',
		says: [/refuse/, /regmedic check|credentials/],
	},
	'an unknown host key, with the system’s ssh': {
		args: scanHost('openssh'),
		exitCode: 5,
		code: 'ssh.host-key-unknown',
		says: [/key of .* is not known/, /ssh-keyscan/],
	},
	'an unknown host key, with the built-in client': {
		args: scanHost('ssh2'),
		exitCode: 5,
		code: 'ssh.host-key-unknown',
		says: [/key of .* is not known/, /ssh-keyscan/],
	},
	'responding with a runbook that leaves an outcome unrouted': {
		args: () => ['respond', './unrouted.md', '--image', drill.world.image],
		exitCode: 4,
		code: 'runbook.invalid',
		says: [/unrouted\.md:\d+:\d+: .*filtered/, /regmedic runbook lint/],
	},
	'an unknown command': {
		args: () => ['frobnicate'],
		exitCode: 2,
		code: 'usage.invalid',
		says: [/There is no command "frobnicate"/, /--help/],
	},
	'an unknown option': {
		args: () => ['verify', '--frob', 'a'],
		exitCode: 2,
		code: 'usage.invalid',
		says: [/Unknown option '--frob'/, /--help/],
	},
	'a missing argument': {
		args: () => ['verify'],
		exitCode: 2,
		code: 'usage.invalid',
		says: [/Missing required argument 'ref'/, /--help/],
	},
	'an incident that does not exist': {
		args: () => ['resume', 'no-such-incident'],
		exitCode: 2,
		code: 'incident.unknown',
		says: [/There is no incident "no-such-incident"/, /regmedic incidents/],
	},
	'nothing to resume': {
		args: () => ['resume'],
		exitCode: 2,
		code: 'incident.none-open',
		says: [/No incident is open/, /regmedic respond/],
	},
	'a state folder that cannot be written, in an incident': {
		args: () => ['respond', '--image', drill.world.image],
		options: unwritable,
		exitCode: 1,
		code: 'journal.unwritable',
		says: [/Can't write \/dev\/null/, /XDG_STATE_HOME/],
	},
	'a state folder that cannot be written, in a drill': {
		args: () => ['drill'],
		options: unwritable,
		exitCode: 1,
		code: 'journal.unwritable',
		says: [/Can't write \/dev\/null/, /XDG_STATE_HOME/],
	},
	'a host and a configured registry at once': {
		args: () => ['scan', '--ssh', 'vm', '--registry', 'a'],
		exitCode: 2,
		code: 'scan.where',
		says: [/--ssh and --registry contradict each other/, /--compare/],
	},
	'a storage folder on this machine and a host at once': {
		args: () => ['audit', '--path', work, '--ssh', 'vm', '--root', '/srv'],
		exitCode: 2,
		code: 'audit.where',
		says: [/--path and --ssh contradict each other/, /--root DIR/],
	},
	'a folder that is not a storage folder': {
		args: () => ['scan', '--path', work],
		exitCode: 4,
		code: 'storage.no-root',
		says: [/is not a registry's storage/, /rootdirectory/],
	},
};

describe.concurrent('what an operator can get wrong', () => {
	it.each(Object.entries(mistakes))('%s: its own message and a hint', async (_, {args, options, exitCode, says}) => {
		const ran = await login.run(args(), options?.());

		expect(ran.exitCode, ran.stderr).toBe(exitCode);
		for (const pattern of says) {
			expect(ran.stderr).toMatch(pattern);
		}

		expect(ran.stderr).not.toMatch(/ {4}at |This is a bug/);
		expect(ran.stdout).not.toMatch(says[0]!);
	});

	it.each(Object.entries(mistakes))('%s: JSON for --json', async (_, {args, options, exitCode, code}) => {
		const ran = await login.run(['--json', ...args()], options?.());

		expect(ran.exitCode, ran.stderr).toBe(exitCode);
		expect(JSON.parse(ran.stderr)).toEqual({
			schema: 'regmedic.error/1',
			code,
			message: expect.stringMatching(/./),
			hint: expect.stringMatching(/./),
		});
	});

	it('an image the registry does not have is not called broken', async () => {
		const image = `${drill.world.registryHost}/no-such-image:latest`;
		const ran = await login.run(config('verify', image), password);
		const led = await login.run(config('respond', '--image', image), password);

		expect(ran).toMatchObject({exitCode: 1, stdout: ''});
		expect(ran.stderr).toMatch(/no-such-image[\s\S]+\n.+/);
		expect(led.exitCode, led.stdout).toBe(1);
		expect(led.stdout).toContain('The registry has no such tag.');
	});

	it('a broken image is exit 3, and the data goes to standard output', async () => {
		const ran = await login.run(config('verify', drill.world.image, '--json'), password);

		expect(ran).toMatchObject({exitCode: 3, stderr: ''});
		expect(JSON.parse(ran.stdout)).toMatchObject({schema: 'regmedic.verify/1', images: [{verdict: 'broken'}]});
	});

	it('no configuration at all is fine', async () => {
		const ran = await login.run(['check']);

		expect(ran).toMatchObject({exitCode: 0, stderr: ''});
		expect(ran.stdout).toMatch(/ok\s+configuration: none/);
	});

	it('no arguments at all: the open incidents and the first commands', async () => {
		const ran = await login.run([]);

		expect(ran.exitCode).toBe(0);
		expect(ran.stderr).toMatch(/regmedic drill[\s\S]*regmedic --help/);
	});

	it('the linter names file, line and column of every problem of a runbook', async () => {
		const ran = await login.run(['runbook', 'lint', './unrouted.md']);

		expect(ran.exitCode).toBe(4);
		expect(ran.stdout).toMatch(/unrouted\.md:\d+:\d+: .*filtered/);
		expect(ran.stderr).toBe('1 problem.\n');
	});

	it('a reader that closes the pipe ends regmedic quietly, and the incident stays open', async () => {
		const script = '{ "$@"; echo $? >exit-code; } 2>errors | head -1';
		const list = login.start(['drill', 'child-unlinked', '--speed', '400'], {
			wrapper: ['sh', '-c', script, 'sh'],
			folder: login.folder,
		});
		const {stdout} = await list.ended;

		expect(stdout).toMatch(/^REHEARSAL.*\n$/);
		expect(await readFile(path.join(login.folder, 'exit-code'), 'utf8')).toBe('130\n');
		expect(await readFile(path.join(login.folder, 'errors'), 'utf8')).toBe('');
		expect((await login.run(['incidents'])).stdout).toContain('open at');
	});
});
