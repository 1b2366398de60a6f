import {EventEmitter} from 'node:events';
import {PassThrough} from 'node:stream';
import xterm from '@xterm/headless';

const patienceMs = 5_000;

/** A terminal in memory: gives a program a keyboard and a screen, and reads the screen as a person would. */
export function createTerminal({columns = 80, rows = 24} = {}) {
	const screen = new xterm.Terminal({cols: columns, rows, allowProposedApi: true, convertEol: true});
	const drawn = new EventEmitter().setMaxListeners(0);
	let bytes = '';
	let copied: string | undefined;
	screen.parser.registerOscHandler(52, data => {
		copied = Buffer.from(data.slice(data.indexOf(';') + 1), 'base64').toString();
		return true;
	});

	const stdout = Object.assign(new EventEmitter(), {
		columns,
		rows,
		isTTY: true,
		writable: true,
		write(data: string, done?: () => void) {
			bytes += data;
			screen.write(data, () => {
				drawn.emit('drawn');
				done?.();
			});
			return true;
		},
	});
	const stdin = Object.assign(new PassThrough(), {
		isTTY: true,
		setRawMode: () => stdin,
		ref: () => stdin,
		unref: () => stdin,
	});

	const lines = () => {
		const {active} = screen.buffer;
		return Array.from(
			{length: screen.rows},
			(_, row) => active.getLine(active.baseY + row)?.translateToString(true) ?? '',
		);
	};
	const read = () => lines().join('\n').trimEnd();

	return {
		stdin: stdin as unknown as NodeJS.ReadableStream,
		stdout: stdout as unknown as NodeJS.WritableStream,
		press: (keys: string) => void stdin.write(keys),
		read,
		/** The screen as soon as it shows this. */
		async until(wanted: string | RegExp, absent = false): Promise<string> {
			const shows = () => (typeof wanted === 'string' ? read().includes(wanted) : wanted.test(read())) !== absent;
			const deadline = AbortSignal.timeout(patienceMs);
			while (!shows()) {
				await Promise.race([
					new Promise(resolve => drawn.once('drawn', resolve)),
					new Promise((_, reject) =>
						deadline.addEventListener(
							'abort',
							() => reject(new Error(`${absent ? 'Still' : 'Never'} shown: ${String(wanted)}\n\n${read()}`)),
							{once: true},
						),
					),
				]);
			}

			return read();
		},
		resize(size: {columns: number; rows: number}) {
			Object.assign(stdout, size);
			screen.resize(size.columns, size.rows);
			stdout.emit('resize');
		},
		/** Everything that was ever written. */
		bytes: () => bytes,
		/** What was put on the clipboard. */
		copied: () => copied,
		/** Lines that were pushed off the top: a frame was taller than the terminal. */
		scrolledOff: () => screen.buffer.active.baseY,
		/** The alternate screen is open. */
		isAway: () => screen.buffer.active.type === 'alternate',
	};
}

export type TestTerminal = ReturnType<typeof createTerminal>;
