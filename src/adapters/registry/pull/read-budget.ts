/** Limits the bytes that a run reads of blobs that a host sends only whole. */
export type ReadBudget = {
	/** Whether so many bytes are left; then they are spent. */
	spend(bytes: number): boolean;
};

export function createReadBudget(bytes: number): ReadBudget {
	let left = bytes;

	return {
		spend(wanted) {
			const isEnough = wanted <= left;
			left -= isEnough ? wanted : 0;
			return isEnough;
		},
	};
}
