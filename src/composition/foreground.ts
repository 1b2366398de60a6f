import type {Foreground} from '../commands/invocation.ts';

export function createForeground(): Foreground {
	let holder: ((work: () => Promise<void>) => Promise<void>) | undefined;
	let last: Promise<unknown> = Promise.resolve();

	return {
		run(work) {
			const turn = last.then(() => (holder === undefined ? work() : holder(work)));
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
