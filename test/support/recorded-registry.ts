import {readFileSync} from 'node:fs';

/** What a real registry answered. */
export type RecordedAnswer = {
	server: string;
	damage: string;
	request: string;
	status: number;
	headers: Record<string, string>;
	body: string;
	/** In the words of those who recorded it. */
	means: string;
};

/** Of distribution 2.8.3 and 3.1.1, to damaged and unreadable files. */
export const recordedAnswers = JSON.parse(
	readFileSync(new URL('../recorded/registry-answers.json', import.meta.url), 'utf8'),
) as RecordedAnswer[];
