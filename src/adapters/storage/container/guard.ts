import type {Shell} from '../../../engine/ports/shell.ts';
import type {Waiting} from '../../../engine/ports/waiting.ts';

/** Removes containers that would otherwise outlive the command, or the session, that started them. */
type Guard = {
	/** Resolves when it watches; opens it anew after its connection was lost. */
	watching(waiting: Waiting): Promise<void>;
	/** The command that the container was started for has ended without it. */
	remove(name: string): void;
	close(): Promise<void>;
};

/** Of every container of a session. */
export const sessionLabel = 'regmedic.session';

const longestSessionMs = 14 * 24 * 60 * 60_000;
const closeTimeoutMs = 10_000;

/**
 * A program that was started over a lost connection ends when it next writes; its container does not, since the engine reads
 * what it prints. So one command of the host waits for names on its standard input, which ends with the connection or with
 * regmedic, whatever ended that: then it removes all that is left of the session. $1: the engine's program; $2: the session.
 */
const guardContainers = `trap '' HUP INT TERM
# Only what is killed first is removed at once: podman waits ten seconds for a shell that ignores SIGTERM.
end() { "$program" kill "$1" >/dev/null 2>&1 </dev/null; "$program" rm -f "$1" >/dev/null 2>&1 </dev/null; }
program=$1
echo watching
while IFS= read -r name; do end "$name"; done
"$program" ps -aq --filter "label=${sessionLabel}=$2" 2>/dev/null </dev/null | while read -r id; do end "$id"; done
`;

/** @param session names the containers: letters and digits */
export function openGuard({host, session}: {host: Shell; session: string}, program: () => string): Guard {
	let open: {started: Promise<void>; names: Lines; ended: Promise<unknown>; stop: AbortController} | undefined;

	function start() {
		const names = openLines();
		const stop = new AbortController();
		const begun = Promise.withResolvers<void>();
		const ended = host
			.run(
				{
					kind: 'read',
					script: guardContainers,
					args: [program(), session],
					input: names.read(),
					timeoutMs: longestSessionMs,
					onOutput: () => begun.resolve(),
				},
				{signal: stop.signal},
			)
			.catch(error => begun.reject(error))
			.finally(() => {
				open = undefined;
			});
		begun.promise.catch(() => {});
		return {started: begun.promise, names, ended, stop};
	}

	return {
		async watching({signal}) {
			signal.throwIfAborted();
			open ??= start();
			await open.started;
		},
		remove: name => open?.names.add(name),
		async close() {
			const last = open;
			if (last !== undefined) {
				last.names.end();
				const timer = setTimeout(() => last.stop.abort(new Error('the shell was closed')), closeTimeoutMs);
				await last.ended;
				clearTimeout(timer);
			}
		},
	};
}

type Lines = {add(line: string): void; end(): void; read(): AsyncGenerator<Uint8Array>};

/** Lines that are written as they come. */
function openLines(): Lines {
	const waiting: string[] = [];
	let hasEnded = false;
	let news = Promise.withResolvers<void>();
	return {
		add(line) {
			waiting.push(line);
			news.resolve();
		},
		end() {
			hasEnded = true;
			news.resolve();
		},
		async *read() {
			for (;;) {
				const line = waiting.shift();
				if (line !== undefined) {
					yield Buffer.from(`${line}\n`);
				} else if (hasEnded) {
					return;
				} else {
					await news.promise;
					news = Promise.withResolvers();
				}
			}
		},
	};
}
