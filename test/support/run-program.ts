import {spawn} from 'node:child_process';
import {once} from 'node:events';

/** Runs a program with this on its standard input. */
export async function inputTo(
	program: string,
	args: readonly string[],
	input: Uint8Array,
): Promise<{code: number | null; stdout: string; stderr: string}> {
	const child = spawn(program, args, {stdio: 'pipe'});
	let [stdout, stderr] = ['', ''];
	child.stdout.on('data', chunk => {
		stdout += chunk;
	});
	child.stderr.on('data', chunk => {
		stderr += chunk;
	});
	child.stdin.on('error', () => {});
	child.stdin.end(input);
	const [code] = await once(child, 'close');
	return {code, stdout, stderr};
}
