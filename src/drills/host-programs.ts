import {existsSync} from 'node:fs';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import type {HostProcesses} from './host-processes.ts';
import {hostMark} from './ssh/detached.ts';
import type {WorldPaths} from './world/world-file.ts';

/** A program on the pretend host's PATH. */
export const restartCommand = 'regmedic-drill-restart';

/** The cause of the incident. @see distribution#3178 */
export const crontab = `# m h dom mon dow command
0 2 * * * /opt/registry/cleanup-tags.sh --keep 10
25 3 * * 0 docker exec registry-private registry garbage-collect -m /etc/docker/registry/config.yml
`;

/** Writes the host's programs, each time a world is opened: the paths of Node and of regmedic may have changed. */
export async function writePrograms({folder, bin, detached}: WorldPaths, {node}: HostProcesses): Promise<void> {
	const program = fakeBuilder();
	const runs = (name: string) =>
		// Node 22 prints a warning when it runs TypeScript; a real docker or git would not.
		`#!/bin/sh\nexec ${[node, '--disable-warning=ExperimentalWarning', program, folder, name].map(quoted).join(' ')} "$@"\n`;
	const scripts: Record<string, string> = {
		docker: runs('docker').replace('\n', `\n${dockerQuestions}`),
		git: runs('git'),
		[restartCommand]: runs('restart'),
		crontab: `#!/bin/sh\ncat <<'END'\n${crontab}END\n`,
		...setsidRecorder(detached),
	};

	await mkdir(bin, {recursive: true});
	for (const [name, script] of Object.entries(scripts)) {
		await writeFile(path.join(bin, name), script, {mode: 0o755});
	}
}

/** What docker is asked around a build, answered without starting Node. It keeps no other images, and has no buildx. */
const dockerQuestions = `case "$1 $2" in
	'image inspect') exit 1 ;;
	'images '* | 'rmi '*) exit 0 ;;
	'buildx version') echo "docker: 'buildx' is not a docker command." >&2; exit 1 ;;
	'info --format') echo /; exit 0 ;;
esac
`;

/** The environment of a login: nothing of regmedic's but the mark. */
export function hostVariables({folder, vm, bin}: WorldPaths, user: string): Record<string, string> {
	return {
		PATH: `${bin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
		HOME: vm,
		USER: user,
		LOGNAME: user,
		SHELL: '/bin/sh',
		LANG: 'C.UTF-8',
		[hostMark]: folder,
	};
}

/** A `setsid` that records each process that detaches itself, so that a drill leaves nothing running. */
function setsidRecorder(detached: string): Record<string, string> {
	const real = ['/usr/bin/setsid', '/bin/setsid', '/usr/local/bin/setsid'].find(file => existsSync(file));
	// The shell that it starts leads the new session, and keeps its process number when it becomes the program.
	return real === undefined
		? {}
		: {
				setsid: `#!/bin/sh
flags=
while :; do case \${1:-} in -*) flags="$flags $1"; shift ;; *) break ;; esac; done
exec ${real} $flags sh -c 'echo $$ >>"$0"; exec "$@"' ${quoted(detached)} "$@"
`,
			};
}

/** The program is beside this file, in the source as in the bundle. */
function fakeBuilder(): string {
	const here = path.dirname(fileURLToPath(import.meta.url));
	const bundled = path.join(here, 'fake-builder.js');
	return existsSync(bundled) ? bundled : path.join(here, 'fake-builder.ts');
}

function quoted(text: string): string {
	return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
