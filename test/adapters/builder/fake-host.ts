import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';
import {setTimeout as pause} from 'node:timers/promises';
import {createBuilder} from '../../../src/adapters/builder/builder.ts';
import {safePath} from '../../../src/adapters/ssh/safe-path.ts';
import type {Builder, BuildOrder, BuildStatus} from '../../../src/engine/ports/builder.ts';
import type {Shell} from '../../../src/engine/ports/shell.ts';
import {locate} from '../../support/real.ts';

const tools =
	'cat sed tail head mkdir mv rm df ps sleep awk cp timeout grep ln setsid nohup flock mkfifo basename touch env mktemp dirname cut tr paste id find uname'.split(
		' ',
	);
const places = new Map(tools.map(tool => [tool, locate(tool)!]));

/**
 * Plays git and the build programs. `$FAKE/fail-VERB` makes a verb fail; a pipe `$FAKE/hold-VERB` makes it wait
 * until the pipe is opened for writing.
 */
const fake = `#!/bin/sh
name=$(basename "$0")
verb=$1
case " $* " in *" --help "*) exit ;; esac
[ "$name" != git ] || for word; do case $word in clone | log) verb=$word; break ;; esac; done
printf '%s|' "$name" "$@" >>"$FAKE/calls"
printf '\\n' >>"$FAKE/calls"
[ ! -f "$FAKE/fail-$name-$verb" ] || { echo "$name can not $verb: $(cat "$FAKE/fail-$name-$verb")" >&2; exit 7; }
[ ! -p "$FAKE/hold-$verb" ] || { echo "holding in $verb"; cat "$FAKE/hold-$verb"; }
case $verb in
	clone) for word; do target=$word; done; mkdir -p "$target/ci dir"; echo 'FROM scratch' >"$target/ci dir/Docker file" ;;
	log) echo 'commit 0123' ;;
	version) echo 27.0 ;;
	info) [ ! -f "$FAKE/root" ] || cat "$FAKE/root" ;;
	inspect | image | images) [ ! -f "$FAKE/known" ] || cat "$FAKE/known"; exit 1 ;;
	login) cat >"$FAKE/password"; env >"$FAKE/login-environment"; echo 'Login Succeeded' ;;
	build | bud) env >"$FAKE/build-environment"; [ -z "\${REGISTRY_AUTH_FILE:-}" ] || echo secret-auth >"$REGISTRY_AUTH_FILE" ;;
	push)
		[ -z "\${DOCKER_CONFIG:-}" ] || cat "$DOCKER_CONFIG/config.json" >"$FAKE/docker-config"
		digest=sha256:$(printf '%064d' 7)
		if [ "$name" = docker ]; then echo "latest: digest: $digest size: 527"; exit; fi
		while [ $# -gt 0 ]; do [ "$1" != --digestfile ] || printf %s "$digest" >"$2"; shift; done ;;
	context) exit 1 ;;
esac
`;

export type FakeHost = {
	home: string;
	/** Where the fakes record what they got. */
	notes: string;
	shell: Shell;
	builder: Builder;
	install(...programs: string[]): Promise<void>;
	remove(program: string): Promise<void>;
	/** The verb waits until `release`. */
	hold(verb: string): Promise<void>;
	release(verb: string): Promise<void>;
	calls(): Promise<string[]>;
	file(requestId: string, name: string): string;
	ended(requestId: string): Promise<BuildStatus>;
	holding(requestId: string): Promise<void>;
	[Symbol.asyncDispose](): Promise<void>;
};

export const signal = new AbortController().signal;

export function orderOf(fields: Partial<BuildOrder> = {}): BuildOrder {
	return {
		requestId: 'inc-1',
		git: 'https://git.example/acme/infra',
		branch: 'master',
		context: 'ci dir',
		dockerfile: 'Docker file',
		images: ['127.0.0.1:5055/infra-ci:latest', '127.0.0.1:5055/infra-ci:manual'],
		program: 'auto',
		plainHttp: true,
		environment: {},
		platforms: [],
		args: {},
		secrets: {},
		bases: [],
		...fields,
	};
}

/** @param sh what plays `/bin/sh`, with its arguments */
export async function fakeHost({
	sh = ['sh'],
	without = [],
}: {
	sh?: string[];
	without?: string[];
} = {}): Promise<FakeHost> {
	const folder = await mkdtemp(path.join(tmpdir(), 'regmedic host '));
	const bin = path.join(folder, 'bin');
	const home = path.join(folder, 'home');
	const notes = path.join(folder, 'notes');
	await Promise.all([bin, home, notes].map(each => mkdir(each)));
	const environment = {PATH: bin, HOME: home, FAKE: notes};

	const kept = [...places].filter(([tool]) => !without.includes(tool));
	await Promise.all(kept.map(([tool, place]) => symlink(place, path.join(bin, tool))));

	await writeFile(path.join(bin, 'sh'), `#!/bin/sh\nexec ${[locate(sh[0]!)!, ...sh.slice(1)].join(' ')} "$@"\n`);
	await chmod(path.join(bin, 'sh'), 0o755);

	const shell = localShell(path.join(bin, 'sh'), environment);
	const builder = createBuilder({shell, stopGraceMs: 1000});
	const host: FakeHost = {
		home,
		notes,
		shell,
		builder,
		async install(...programs) {
			for (const program of programs) {
				await writeFile(path.join(bin, program), fake);
				await chmod(path.join(bin, program), 0o755);
			}
		},
		remove: program => rm(path.join(bin, program)),
		async hold(verb) {
			await once(spawn('mkfifo', [path.join(notes, `hold-${verb}`)]), 'exit');
		},
		async release(verb) {
			const pipe = path.join(notes, `hold-${verb}`);
			await writeFile(pipe, '');
			await rm(pipe);
		},
		calls: async () => (await readFile(path.join(notes, 'calls'), 'utf8')).trim().split('\n'),
		file: (requestId, name) => path.join(home, '.cache/regmedic/builds', requestId, name),
		async ended(requestId) {
			for (;;) {
				const status = await builder.status(requestId, {signal});
				if (status.state !== 'running') {
					return status;
				}

				await pause(20);
			}
		},
		async holding(requestId) {
			while (!(await readFile(host.file(requestId, 'log'), 'utf8').catch(() => '')).includes('holding in')) {
				await pause(10);
			}
		},
		[Symbol.asyncDispose]: () => rm(folder, {recursive: true, force: true}),
	};
	await host.install('git');
	return host;
}

/** A POSIX shell on this machine, with nothing but what the port promises. */
export function localShell(program: string, environment: NodeJS.ProcessEnv): Shell {
	return {
		place: 'this machine',
		async run({script, args = [], input = '', timeoutMs}, {signal: waiting}) {
			const child = spawn(program, ['-c', `${safePath}${script}`, 'sh', ...args], {
				env: environment,
				signal: AbortSignal.any([waiting, AbortSignal.timeout(timeoutMs)]),
			});
			const stdout: Buffer[] = [];
			let stderr = '';
			child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
			child.stderr.on('data', chunk => {
				stderr += chunk;
			});
			child.stdin.on('error', () => {});
			child.stdin.end(input);
			const [exitCode] = (await once(child, 'close')) as [number];
			return {exitCode, stdout: Buffer.concat(stdout), stderr};
		},
		close: async () => {},
	};
}
