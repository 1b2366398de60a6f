import {readdirSync, readFileSync} from 'node:fs';

/** One request to a real Woodpecker server and its response. */
export type Recording = {
	/** `105` */
	number: string;
	/** `get-image-gone` */
	name: string;
	what: string;
	request: {method: string; path: string; as: string; body?: unknown};
	status: number;
	headers: Record<string, string>;
	body: unknown;
	/** How many items a list had before it was cut. */
	cutFrom?: number;
};

export const recordedVersions = ['2.8.3', '3.9.0', '3.17.0'] as const;

export type RecordedVersion = (typeof recordedVersions)[number];

const folder = new URL('../recorded/woodpecker/', import.meta.url);

/** In the order in which they were recorded. */
export function recordingsOf(version: RecordedVersion): Recording[] {
	return readdirSync(new URL(`${version}/`, folder))
		.toSorted()
		.map(file => ({
			number: file.slice(0, 3),
			name: file.slice(4, -5),
			...(JSON.parse(readFileSync(new URL(`${version}/${file}`, folder), 'utf8')) as Omit<
				Recording,
				'number' | 'name'
			>),
		}));
}
