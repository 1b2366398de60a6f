import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {shippedProgram} from './shipped.ts';

export type Said = {code: number | null; stdout: string; stderr: string};

/** Runs `node bin/regmedic.js … </dev/null`. @param hear is given the whole output once it ends */
export async function runCommand(
	args: string[],
	{folder, environment, hear}: {folder: string; environment: NodeJS.ProcessEnv; hear: (text: string) => void},
): Promise<Said> {
	const child = spawn(process.execPath, [shippedProgram(), ...args], {
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
