import type {Foreground} from './invocation.ts';

/** @param input the stream of the terminal */
export function createForeground(input: object): Foreground {
	let holder: ((work: () => Promise<void>) => Promise<void>) | undefined;
	let last: Promise<unknown> = Promise.resolve();

	return {
		run(work) {
			const alone = () => withoutReading(input, work);
			const next = last.then(() => (holder === undefined ? alone() : holder(alone)));
			last = next.catch(() => {});
			return next;
		},
		take(stepAside) {
			holder = stepAside;
			return () => {
				if (holder === stepAside) {
					holder = undefined;
				}
			};
		},
	};
}

/** Of Node's own stream, where it has one. */
type Handle = {reading: boolean; readStart(): number; readStop(): number};

/**
 * A paused stream still reads once more before it stops, and would take what is typed for the other program. Node has no
 * public way to stop it at once.
 * @see node lib/net.js, Socket.prototype.pause
 */
async function withoutReading(input: object, work: () => Promise<void>): Promise<void> {
	const handle = handleOf(input);
	if (!handle?.reading) {
		return work();
	}

	handle.readStop();
	handle.reading = false;
	try {
		await work();
	} finally {
		handle.readStart();
		handle.reading = true;
	}
}

function handleOf(input: object): Handle | undefined {
	const handle: unknown = '_handle' in input ? input._handle : undefined;
	return isHandle(handle) ? handle : undefined;
}

function isHandle(value: unknown): value is Handle {
	return (
		typeof value === 'object' && value !== null && 'reading' in value && 'readStart' in value && 'readStop' in value
	);
}
