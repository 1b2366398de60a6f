import {isTime} from '../text/time.ts';
import {type LocatedProblem, problemAt} from '../yaml/located-yaml.ts';
import {positionOf, type Step} from './runbook.ts';

/** What a question proposes can be taken as it is, and says where it is from only if there is something to take. */
export function questionProblems(step: Step): LocatedProblem[] {
	const {does} = step;
	const problem = (code: string, message: string) => problemAt(positionOf(step, 'ask'), code, message);
	return Object.entries(does.kind === 'ask' ? does.questions : {}).flatMap(([name, {type, default: preset, from}]) => [
		...(type !== 'time' || preset === undefined || canBeTime(preset)
			? []
			: [problem('default-no-time', `"${name}" asks for a time: its \`default\` is no date and time.`)]),
		...(from === undefined || (preset !== undefined && (type === 'time' || type === 'text'))
			? []
			: [problem('needless-from', `"${name}" has a \`from\`: that is for the \`default\` of a text or a time.`)]),
	]);
}

/** A value of the page is known only when the step begins. */
function canBeTime(preset: unknown): boolean {
	return typeof preset === 'string' && (preset.includes('${') || isTime(preset));
}
