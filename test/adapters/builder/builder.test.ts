import {execFileSync} from 'node:child_process';
import {existsSync} from 'node:fs';
import {chmod, mkdir, readdir, readFile, stat, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {expect, test} from 'vitest';
import {locate} from '../../support/real.ts';
import {fakeHost, orderOf, signal} from './fake-host.ts';

const digest = `sha256:${'7'.padStart(64, '0')}`;
const password = 'hunter2 pass$word';
const credentials = {username: 'octo cat', password};

test.concurrent.each([
	['dash', ['sh']],
	['bash', ['bash', '--posix']],
	['busybox', ['busybox', 'sh']],
])('under %s a build clones, logs in, builds, pushes every tag and reports the digest', async (_, sh) => {
	if (locate(sh[0]!) === undefined) {
		return;
	}

	await using host = await fakeHost({sh});
	await host.install('buildah');

	const started = await host.builder.start(orderOf({credentials, environment: {STORAGE_DRIVER: 'v f s'}}), {signal});
	const status = await host.ended('inc-1');

	expect(started).toEqual({state: 'started', program: 'buildah'});
	expect(status).toEqual({state: 'pushed', digest});
	const source = host.file('inc-1', 'source');
	expect(await host.calls()).toEqual([
		'buildah|version|',
		'buildah|info|--format|{{index .store "GraphRoot"}}|',
		'git|-c|http.lowSpeedLimit=1|-c|http.lowSpeedTime=60|clone|--depth|1|--branch=master|--|https://git.example/acme/infra|source|',
		'git|-C|source|log|-1|--format=commit %H|',
		'buildah|login|--tls-verify=false|--username|octo cat|--password-stdin|127.0.0.1:5055|',
		`buildah|bud|--pull=always|--layers=false|--force-rm|-t|localhost/regmedic:inc-1|-f|${source}/ci dir/Docker file|${source}/ci dir|`,
		`buildah|push|--tls-verify=false|--digestfile|${host.file('inc-1', 'digest')}|localhost/regmedic:inc-1|docker://127.0.0.1:5055/infra-ci:latest|`,
		`buildah|push|--tls-verify=false|--digestfile|${host.file('inc-1', 'digest')}|localhost/regmedic:inc-1|docker://127.0.0.1:5055/infra-ci:manual|`,
		'buildah|manifest|rm|localhost/regmedic:inc-1|',
	]);
	expect(await readFile(path.join(host.notes, 'password'), 'utf8')).toBe(`${password}\n`);
	expect(await readFile(path.join(host.notes, 'build-environment'), 'utf8')).toContain('STORAGE_DRIVER=v f s');
});

test.concurrent('docker is the first choice when its daemon responds, and its digest is read from its output', async () => {
	await using host = await fakeHost();
	await host.install('docker', 'podman', 'buildah');

	const started = await host.builder.start(orderOf({credentials}), {signal});

	expect(started).toEqual({state: 'started', program: 'docker'});
	expect(await host.ended('inc-1')).toEqual({state: 'pushed', digest});
	expect((await host.calls()).join('\n')).not.toContain('tls-verify');
	expect(await readFile(path.join(host.notes, 'build-environment'), 'utf8')).toContain(
		'BUILDX_NO_DEFAULT_ATTESTATIONS=1',
	);
});

test.concurrent('without a docker daemon the next program builds', async () => {
	await using host = await fakeHost();
	await host.install('docker', 'podman');
	await writeFile(path.join(host.notes, 'fail-docker-version'), 'no daemon');

	const started = await host.builder.start(orderOf(), {signal});

	expect(started).toEqual({state: 'started', program: 'podman'});
	expect(await host.ended('inc-1')).toMatchObject({state: 'pushed'});
});

test.concurrent('a host that cannot build reports the reason, and can be asked again', async () => {
	await using host = await fakeHost();
	await host.install('docker');
	await writeFile(path.join(host.notes, 'fail-docker-version'), 'no daemon');

	const without = await host.builder.start(orderOf(), {signal});
	const status = await host.builder.status('inc-1', {signal});
	await host.install('buildah');
	const again = await host.builder.start(orderOf(), {signal});

	expect(without).toEqual({
		state: 'no-program',
		detail:
			'No build program works on this machine: docker: docker can not version: no daemon; podman is not installed; buildah is not installed.',
	});
	expect(status).toEqual({state: 'absent'});
	expect(again).toMatchObject({state: 'started', program: 'buildah'});
	await host.ended('inc-1');
});

test.concurrent.each([
	['where the program keeps its images', 'images', 'store', 1024],
	['where the source is cloned', 'home', 'builds', 64],
])('too little space %s is reported before anything is built', async (_, full, folder, needed) => {
	await using host = await fakeHost({without: ['df']});
	await host.install('docker');
	const store = path.join(path.dirname(host.home), 'store');
	await mkdir(store);
	await writeFile(path.join(host.notes, 'root'), store);
	await writeFile(
		path.join(path.dirname(host.home), 'bin/df'),
		`#!/bin/sh
free=99999999
case $2 in */store) [ ${full} = home ] || free=20480 ;; *) [ ${full} = images ] || free=20480 ;; esac
printf 'Filesystem 1024-blocks Used Available Capacity Mounted\\n/dev/vda 9 9 %s 9%% /\\n' $free
`,
		{mode: 0o755},
	);

	expect(await host.builder.start(orderOf(), {signal})).toEqual({
		state: 'no-space',
		detail: expect.stringMatching(
			new RegExp(`^Only 20 MiB are free on this machine in .*${folder}; a build needs ${needed} MiB there\\.$`),
		),
	});
});

test.concurrent.each([
	['clone', 'git', 'clone'],
	['login', 'buildah', 'login'],
	['build', 'buildah', 'bud'],
	['push', 'buildah', 'push'],
] as const)('a failing %s ends the build with its exit code and the end of the log', async (stage, program, verb) => {
	await using host = await fakeHost();
	await host.install('buildah');
	await writeFile(path.join(host.notes, `fail-${program}-${verb}`), 'no such thing');

	await host.builder.start(orderOf({credentials}), {signal});

	expect(await host.ended('inc-1')).toMatchObject({
		state: 'failed',
		stage,
		exitCode: 7,
		detail: expect.stringMatching(new RegExp(`${program} can not ${verb}: no such thing$`)),
	});
	expect(await readdir(host.file('inc-1', ''))).not.toContain('auth');
});

test.concurrent('asked twice for one id, while it runs and after, a host builds once', async () => {
	await using host = await fakeHost();
	await host.install('buildah');
	await host.hold('bud');

	const first = await Promise.all([1, 2, 3].map(() => host.builder.start(orderOf(), {signal})));
	await host.holding('inc-1');
	const running = await host.builder.status('inc-1', {signal});
	const second = await host.builder.start(orderOf(), {signal});
	await host.release('bud');
	await host.ended('inc-1');
	const third = await host.builder.start(orderOf(), {signal});

	expect(running).toEqual({state: 'running', stage: 'build'});
	for (const answer of [second, third]) {
		expect(answer).toEqual({state: 'started', program: 'buildah'});
	}

	expect(first.map(({state}) => state)).toEqual(['started', 'started', 'started']);
	expect((await host.calls()).filter(call => call.includes('|clone|'))).toHaveLength(1);
});

test.concurrent.each([
	['flock', []],
	['a folder', ['flock']],
])('a second build finds the host busy until the first has ended (lock: %s)', async (_, without) => {
	await using host = await fakeHost({without});
	await host.install('buildah');
	await host.hold('bud');
	await host.builder.start(orderOf(), {signal});
	await host.holding('inc-1');

	const second = await host.builder.start(orderOf({requestId: 'inc-2'}), {signal});
	await host.release('bud');
	await host.ended('inc-1');
	const third = await host.builder.start(orderOf({requestId: 'inc-2'}), {signal});

	expect(second).toEqual({state: 'busy', detail: 'Another build is running on this machine (inc-1).'});
	expect(third).toMatchObject({state: 'started'});
	await host.ended('inc-2');
});

test.concurrent.each([
	['flock', []],
	['a folder', ['flock']],
])('a job that was killed has vanished, frees its lock and leaves no login behind (lock: %s)', async (_, without) => {
	await using host = await fakeHost({without});
	await host.install('buildah');
	await host.hold('push');
	await host.builder.start(orderOf({credentials}), {signal});
	await host.holding('inc-1');
	const pid = Number((await readFile(host.file('inc-1', 'pid'), 'utf8')).split('\n')[0]);

	process.kill(-pid, 'SIGKILL');

	expect(await host.ended('inc-1')).toEqual({state: 'vanished', stage: 'push'});
	expect(await readdir(host.file('inc-1', ''))).not.toContain('auth');
	expect(await host.builder.start(orderOf(), {signal})).toMatchObject({state: 'started'});
	expect(await host.builder.status('inc-1', {signal})).toEqual({state: 'vanished', stage: 'push'});
	expect(await host.builder.start(orderOf({requestId: 'inc-2', program: 'docker'}), {signal})).toMatchObject({
		state: 'no-program',
	});
});

test.concurrent('a build whose job alone was killed still runs while its program does, and can be cancelled', async () => {
	await using host = await fakeHost();
	await host.install('buildah');
	await host.hold('push');
	await host.builder.start(orderOf(), {signal});
	await host.holding('inc-1');
	const job = Number((await readFile(host.file('inc-1', 'pid'), 'utf8')).split('\n')[0]);

	process.kill(job, 'SIGKILL');

	expect(await host.builder.status('inc-1', {signal})).toEqual({state: 'running', stage: 'push'});
	expect(await host.builder.start(orderOf({requestId: 'inc-2'}), {signal})).toMatchObject({state: 'busy'});
	await host.builder.cancel('inc-1', {signal});
	expect(await host.builder.status('inc-1', {signal})).toMatchObject({state: 'failed', stage: 'push', exitCode: 143});
	expect((await everyProcess()).filter(text => text.includes(host.notes) && text.includes('hold-push'))).toEqual([]);
});

test.concurrent.each([
	['dash and setsid', {sh: ['sh']}],
	['dash and nohup', {sh: ['sh'], without: ['setsid']}],
	['bash and setsid', {sh: ['bash', '--posix']}],
	['busybox and setsid', {sh: ['busybox', 'sh']}],
	['busybox and nohup', {sh: ['busybox', 'sh'], without: ['setsid']}],
])('a cancelled build ends with everything it started (%s)', async (_, options) => {
	if (locate(options.sh[0]!) === undefined) {
		return;
	}

	await using host = await fakeHost(options);
	await host.install('buildah');
	await host.hold('bud');
	await host.builder.start(orderOf({credentials}), {signal});
	await host.holding('inc-1');
	const job = Number((await readFile(host.file('inc-1', 'pid'), 'utf8')).split('\n')[0]);

	await host.builder.cancel('never-started', {signal});
	const before = await host.builder.status('inc-1', {signal});
	await host.builder.cancel('inc-1', {signal});

	expect(before).toMatchObject({state: 'running'});
	expect(await host.builder.status('inc-1', {signal})).toMatchObject({
		state: 'failed',
		stage: 'build',
		exitCode: 143,
		detail: expect.stringContaining('The build was stopped.'),
	});
	expect(await readdir(host.file('inc-1', ''))).not.toContain('auth');
	expect(await runs(job)).toBe(false);
	expect((await everyProcess()).filter(text => text.includes(host.notes) && text.includes('hold-bud'))).toEqual([]);
	await host.builder.cancel('inc-1', {signal});
});

test.concurrent('a build that ignores SIGTERM is killed with its group', async () => {
	await using host = await fakeHost();
	await host.install('buildah');
	const buildah = path.join(path.dirname(host.home), 'bin/buildah');
	await writeFile(buildah, (await readFile(buildah, 'utf8')).replace('name=', "trap '' TERM; name="));
	await host.hold('bud');
	await host.builder.start(orderOf(), {signal});
	await host.holding('inc-1');

	await host.builder.cancel('inc-1', {signal});

	expect(await host.builder.status('inc-1', {signal})).toMatchObject({state: 'failed', exitCode: 143});
});

test.concurrent('the password is in no argument, no environment and no file but the login', async () => {
	await using host = await fakeHost();
	await host.install('buildah');
	await host.hold('bud');
	const secret = `canary-${process.pid}-tune`;

	await host.builder.start(orderOf({credentials: {username: 'octocat', password: secret}}), {signal});
	await host.holding('inc-1');

	const seen = await everyProcess();
	await host.release('bud');
	await host.ended('inc-1');

	expect(seen.length).toBeGreaterThan(0);
	expect(seen.filter(text => text.includes(secret))).toEqual([]);
	expect(await readFile(path.join(host.notes, 'password'), 'utf8')).toContain(secret);
	const found = execFileSync('sh', [
		'-c',
		'grep -rlF "$1" "$2" "$3" "$4" || :',
		'sh',
		secret,
		host.home,
		path.join(host.notes, 'calls'),
		path.join(host.notes, 'login-environment'),
	]);
	expect(found.toString()).toBe('');
	expect((await stat(host.file('inc-1', ''))).mode & 0o777).toBe(0o700);
	expect((await stat(host.file('inc-1', 'log'))).mode & 0o777).toBe(0o600);
});

test.concurrent('the log arrives in whole lines while it grows, and completely after the end', async () => {
	await using host = await fakeHost();
	await host.install('buildah');
	await host.hold('bud');
	await host.builder.start(orderOf(), {signal});
	await host.holding('inc-1');

	const first = await host.builder.log('inc-1', 0, {signal});
	const none = await host.builder.log('inc-1', first.nextByte, {signal});
	await host.release('bud');
	await host.ended('inc-1');
	const rest = await host.builder.log('inc-1', first.nextByte, {signal});

	expect(first.text).toBe('==> clone\ncommit 0123\n==> build\nholding in bud\n');
	expect(none).toEqual({text: '', nextByte: first.nextByte});
	expect(rest.text).toBe('==> push\n');
	expect(await host.builder.log('never-started', 0, {signal})).toEqual({text: '', nextByte: 0});
});

test.concurrent('names with quotes, spaces and dollars reach git and the program unchanged', async () => {
	await using host = await fakeHost();
	await host.install('buildah');
	const branch = `it's "$(touch x)" \`y\` \\n`;

	await host.builder.start(orderOf({branch, git: "/srv/it's $HOME.git", environment: {NOTE: '"$(id)" \\'}}), {signal});

	expect(await host.ended('inc-1')).toMatchObject({state: 'pushed'});
	expect((await host.calls()).find(call => call.includes('|clone|'))).toContain(
		`|--branch=${branch}|--|/srv/it's $HOME.git|source|`,
	);
	expect(await readFile(path.join(host.notes, 'build-environment'), 'utf8')).toContain('NOTE="$(id)" \\\n');
});

test.concurrent('docker gets an identity token in a copy of its configuration, beside the host’s own logins', async () => {
	await using host = await fakeHost();
	await host.install('docker');
	await mkdir(path.join(host.home, '.docker'));
	const own = {auths: {'other.example': {auth: 'b3duOm93bg=='}}, credsStore: 'absent'};
	await writeFile(path.join(host.home, '.docker/config.json'), JSON.stringify(own));
	const identityToken = 'a"b\\c';

	await host.builder.start(orderOf({program: 'docker', credentials: {identityToken}}), {signal});

	expect(await host.ended('inc-1')).toMatchObject({state: 'pushed'});
	const written = await readFile(path.join(host.notes, 'docker-config'), 'utf8');
	expect(written).toContain('"other.example":{"auth":"b3duOm93bg=="}');
	// The later of two equal names counts.
	expect(JSON.parse(written)).toMatchObject({
		credHelpers: {'127.0.0.1:5055': ''},
		auths: {'127.0.0.1:5055': {auth: Buffer.from('<token>:').toString('base64'), identitytoken: identityToken}},
	});
	expect((await host.calls()).filter(call => call.includes('|login|'))).toEqual([]);
	expect(await readdir(path.dirname(host.file('inc-1', 'log')))).not.toContain('auth');
});

test.concurrent.each([
	['a line break in the branch', {branch: 'a\nb'}],
	['a line break in the password', {credentials: {username: 'a', password: 'b\nc'}}],
	['an id that is a path', {requestId: '../x'}],
	['a git address that is an option', {git: '--upload-pack=x'}],
	['a git address with a password', {git: 'ssh://me:secret@git.example/a'}],
	['a git address with a token', {git: 'https://secret@git.example/a'}],
	['a context outside of the repository', {context: '../etc'}],
	['a variable with an invalid name', {environment: {'A B': 'c'}}],
	['images of two registries', {images: ['a.example/x:1', 'b.example/x:1']}],
	['no image', {images: []}],
])('%s is refused before anything reaches the host', async (_, fields) => {
	await using host = await fakeHost();

	await expect(host.builder.start(orderOf(fields), {signal})).rejects.toMatchObject({code: 'builder.bad-order'});

	expect(await readdir(host.home)).toEqual([]);
});

test.concurrent('an error names a home folder that cannot be written to', async () => {
	await using host = await fakeHost();
	await host.install('buildah');
	await mkdir(path.join(host.home, '.cache'));
	await writeFile(path.join(host.home, '.cache/regmedic'), 'in the way');

	await expect(host.builder.start(orderOf(), {signal})).rejects.toMatchObject({
		code: 'builder.unusable',
		exit: 'failed',
	});
});

test.concurrent('nothing is built, and no login is kept, in a folder that other users can write to', async () => {
	await using host = await fakeHost();
	await host.install('buildah');
	await mkdir(path.join(host.home, '.cache'));
	await chmod(path.join(host.home, '.cache'), 0o777);

	await expect(host.builder.start(orderOf(), {signal})).rejects.toMatchObject({
		code: 'builder.unusable',
		message: expect.stringContaining('other users can write to'),
	});
	await expect(host.builder.status('inc-1', {signal})).rejects.toMatchObject({code: 'builder.unusable'});
	expect(existsSync(path.join(host.notes, 'calls'))).toBe(false);
});

async function runs(pid: number): Promise<boolean> {
	const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
	return /\) [^ZX] /.test(state);
}

async function everyProcess(): Promise<string[]> {
	const pids = (await readdir('/proc').catch(() => [])).filter(
		name => /^\d+$/.test(name) && Number(name) !== process.pid,
	);
	const files = pids.flatMap(pid => [`/proc/${pid}/cmdline`, `/proc/${pid}/environ`]);
	return Promise.all(files.map(file => readFile(file, 'utf8').catch(() => '')));
}

test.concurrent.each([
	['dash', ['sh']],
	['bash', ['bash', '--posix']],
	['busybox', ['busybox', 'sh']],
])('under %s a check says why a build could not begin, builds nothing and leaves nothing', async (_, sh) => {
	if (locate(sh[0]!) === undefined) {
		return;
	}

	await using host = await fakeHost({sh});
	await writeFile(path.join(host.notes, 'fail-git-clone'), 'no key');

	const found = await host.builder.check(orderOf(), {signal});

	expect(found).toEqual({
		program: {
			state: 'none',
			why: 'docker is not installed; podman is not installed; buildah is not installed',
		},
		source: {state: 'unreadable', why: 'git can not clone: no key'},
	});
	expect(await readdir(host.home)).toEqual([]);
	expect((await host.calls()).join()).not.toMatch(/\|(?:bud|build|push|login)\|/);
});

test.concurrent('a check of a source outside of the repository is refused before anything runs', async () => {
	await using host = await fakeHost();

	await expect(host.builder.check(orderOf({dockerfile: '../Dockerfile'}), {signal})).rejects.toMatchObject({
		code: 'builder.bad-order',
	});
	await expect(host.calls()).rejects.toThrow('ENOENT');
});

test.concurrent('a clone that takes too long for a check is told apart from a repository that cannot be read', async () => {
	await using host = await fakeHost({without: ['timeout']});
	await host.install('buildah');
	await writeFile(
		path.join(path.dirname(host.home), 'bin/timeout'),
		'#!/bin/sh\nshift\ncase "$*" in *" clone "*) exit 124 ;; esac\nexec "$@"\n',
		{mode: 0o755},
	);

	const slow = await host.builder.check(orderOf(), {signal});
	await writeFile(path.join(host.notes, 'fail-git-ls-remote'), 'hanging');
	const silent = await host.builder.check(orderOf(), {signal});

	expect(slow).toMatchObject({
		program: {state: 'works', name: 'buildah'},
		source: {state: 'late', why: 'the clone did not end in 60 s; git ls-remote worked'},
	});
	expect(slow).not.toHaveProperty('dockerfile');
	expect(silent.source).toEqual({state: 'unreadable', why: 'git did not end in 60 s'});
});
