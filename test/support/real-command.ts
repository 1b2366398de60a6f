import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import path from 'node:path';

export type Said = {code: number | null; stdout: string; stderr: string};

export const home = path.resolve(import.meta.dirname, '../..');
export const program = path.join(home, 'bin/regmedic.js');

/** The command needs its bundle. `npm ci` makes it; what is there is taken as it is. */
export function ensureBuilt(): void {
	if (!existsSync(path.join(home, 'dist/cli.js'))) {
		execFileSync(process.execPath, ['scripts/build.js'], {cwd: home, stdio: 'ignore'});
	}
}

/** `node bin/regmedic.js … </dev/null`, and what it said. Everything said is also given to `hear`. */
export async function runCommand(
	args: string[],
	{folder, environment, hear}: {folder: string; environment: NodeJS.ProcessEnv; hear: (text: string) => void},
): Promise<Said> {
	const child = spawn(process.execPath, [program, ...args], {
		cwd: folder,
		env: environment,
		stdio: ['ignore', 'pipe', 'pipe'],
		timeout: 30_000,
	});
	const said = {stdout: '', stderr: ''};
	for (const stream of ['stdout', 'stderr'] as const) {
		child[stream].setEncoding('utf8').on('data', (text: string) => {
			said[stream] += text;
		});
	}

	const [code] = (await once(child, 'close')) as [number | null];
	hear(`${said.stdout}${said.stderr}`);
	return {code, ...said};
}
