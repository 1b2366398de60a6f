// How long `regmedic --version` and the first frame of a drill take, as multiples of a bare Node.
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

/** @returns milliseconds until this text was written to the terminal */
async function untilShown(awaited: string): Promise<number> {
	const start = performance.now();
	const child = spawn('script', ['-qfec', `'${process.execPath}' '${program}' drill`, '/dev/null'], {
		env,
		stdio: ['pipe', 'pipe', 'ignore'],
	});
	// The program may end before the ctrl-c below reaches it.
	child.stdin.on('error', () => {});
	let seen = '';
	for await (const chunk of child.stdout) {
		seen += chunk;
		if (seen.includes(awaited)) {
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
const steps: number[] = [];
timeOf(['-e', '0']);
timeOf([program, '--version']);

// In turns, so that other load on the machine affects all of them alike.
for (let round = 0; round < rounds; round++) {
	bare.push(timeOf(['-e', '0']));
	version.push(timeOf([program, '--version']));
	frame.push(await untilShown('REHEARSAL'));
	steps.push(await untilShown('Diagnose'));
}

await rm(home, {recursive: true, force: true});
const base = median(bare);
const row = (name: string, milliseconds: number, aim: string) =>
	console.log(
		`${name.padEnd(36)} ${milliseconds.toFixed(0).padStart(5)} ms  ${(milliseconds / base).toFixed(2).padStart(5)} x  ${aim}`,
	);
console.log(`Node ${process.versions.node}, median of ${rounds}`);
row('node -e 0', base, '');
row('regmedic --version', median(version), 'aim: at most 1.5 x');
row('regmedic drill, first frame', median(frame), 'aim: at most 8 x');
row('regmedic drill, the first step runs', median(steps), '(its world is ready)');
