import type {Foreground} from './invocation.ts';

/** @param input the terminal that is otherwise read from */
export function createForeground(input: object): Foreground {
	let holder: ((work: () => Promise<void>) => Promise<void>) | undefined;
	let last: Promise<unknown> = Promise.resolve();

	return {
		run(work) {
			const alone = () => withoutReading(input, work);
			const turn = last.then(() => (holder === undefined ? alone() : holder(alone)));
			last = turn.catch(() => {});
			return turn;
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

type Reading = {reading?: boolean; readStart(): number; readStop(): number};

/**
 * A stream that was paused still takes the next piece of input before it stops, which would be what is typed for the other
 * program. Node has no public way to stop it at once. @see node lib/net.js, Socket.prototype.pause
 */
async function withoutReading(input: object, work: () => Promise<void>): Promise<void> {
	const {_handle: handle} = input as {_handle?: Reading | null};
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
