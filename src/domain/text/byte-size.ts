const units = ['bytes', 'kB', 'MB', 'GB', 'TB'];

/** `71 bytes`, `12.3 MB`: for people. */
export function byteSize(bytes: number): string {
	let amount = bytes;
	let unit = 0;
	while (amount >= 999.95 && unit < units.length - 1) {
		amount /= 1000;
		unit++;
	}

	return unit === 0 ? `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}` : `${amount.toFixed(1)} ${units[unit]}`;
}
