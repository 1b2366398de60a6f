/** Says something when nothing has been said for a while. */
export function createHeartbeat(everyMs: number, beat: () => void) {
	let timer: NodeJS.Timeout | undefined;
	const touch = () => {
		clearTimeout(timer);
		timer = setTimeout(() => {
			touch();
			beat();
		}, everyMs);
	};

	touch();
	return {touch, stop: () => clearTimeout(timer)};
}
