// How long a person waits: `regmedic --version` and the first frame of the drill, as multiples of a bare Node.
// Run: npm run bench:start-up (needs `script` of util-linux for the frame)
import {spawn, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {mkdtemp, rm} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import path from 'node:path';

const rounds = 15;
const program = path.resolve(import.meta.dirname, '../../bin/regmedic.js');
const home = await mkdtemp(path.join(tmpdir(), 'regmedic-bench-'));
const env = {...process.env, XDG_STATE_HOME: home, HOME: home, TERM: 'xterm-256color', LANG: 'C.UTF-8'};

function timeOf(args: string[]): number {
	const start = performance.now();
	const {status} = spawnSync(process.execPath, args, {env, stdio: 'ignore'});
	if (status !== 0) {
		throw new Error(`${args.join(' ')} ended with ${status}`);
	}

	return performance.now() - start;
}

/** Until the frame with the step list has been written to the terminal. */
async function firstFrame(): Promise<number> {
	const start = performance.now();
	const child = spawn('script', ['-qfec', `'${process.execPath}' '${program}' drill`, '/dev/null'], {env, stdio: ['pipe', 'pipe', 'ignore']});
	let seen = '';
	for await (const chunk of child.stdout) {
		seen += chunk;
		if (seen.includes('Diagnose')) {
			break;
		}
	}

	const elapsed = performance.now() - start;
	child.stdin.write('\x03');
	if (child.exitCode === null) {
		await Promise.race([once(child, 'exit'), new Promise(resolve => setTimeout(resolve, 3000).unref())]);
		child.kill('SIGKILL');
	}

	return elapsed;
}

function median(values: number[]): number {
	return values.sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

const bare: number[] = [];
const version: number[] = [];
const frame: number[] = [];
timeOf(['-e', '0']);
timeOf([program, '--version']);

// In turn, so that a busy machine is busy for all of them.
for (let round = 0; round < rounds; round++) {
	bare.push(timeOf(['-e', '0']));
	version.push(timeOf([program, '--version']));
	frame.push(await firstFrame());
}

await rm(home, {recursive: true, force: true});
const base = median(bare);
const row = (name: string, milliseconds: number, limit: number) =>
	console.log(`${name.padEnd(32)} ${milliseconds.toFixed(0).padStart(5)} ms  ${(milliseconds / base).toFixed(2).padStart(5)} x  (aim: at most ${limit} x)`);
console.log(`Node ${process.versions.node}, median of ${rounds}`);
row('node -e 0', base, 1);
row('regmedic --version', median(version), 1.5);
row('regmedic drill, first frame', median(frame), 8);
