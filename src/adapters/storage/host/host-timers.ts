import {defined} from '../../../domain/defined.ts';
import type {HostTimer} from '../../../domain/hold/host-now.ts';

/** @see systemctl(1), list-timers: NEXT LEFT LAST PASSED UNIT ACTIVATES; `-` or `n/a` where there is none */
export function timersIn(text: string, isUser: boolean): HostTimer[] {
	return text.split('\n').flatMap((line): HostTimer[] => {
		const [, unit, activates] = /\s(\S+\.timer)\s+(\S+)\s*$/.exec(line) ?? [];
		const [, date, time] = /^\s*\w{3} (\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}) UTC/.exec(line) ?? [];
		return unit === undefined
			? []
			: [
					{
						unit,
						activates: activates!,
						isUser,
						...defined({next: date === undefined ? undefined : Date.parse(`${date}T${time}Z`) / 1000}),
					},
				];
	});
}

export type TimerFile = {unit: string; isEnabled: boolean; text: string};

/** What a timer's file says of it; where systemd could not be asked, the timers that are enabled. The first file of a name counts. */
export function withFiles(
	listed: readonly HostTimer[],
	files: readonly TimerFile[],
	{knowsTimers}: {knowsTimers: boolean},
): HostTimer[] {
	const known = new Map(files.toReversed().map(file => [file.unit, file]));
	const enabled = knowsTimers ? [] : [...known.values()].filter(({isEnabled}) => isEnabled);
	return [
		...listed.map(timer => {
			const file = timer.next === undefined && !timer.isUser ? known.get(timer.unit) : undefined;
			return {...timer, ...(file && defined({calendar: calendarIn(file.text)}))};
		}),
		...enabled.map(({unit, text}) => ({
			unit,
			activates: settingIn(text, 'Unit').at(-1) ?? unit.replace(/\.timer$/, '.service'),
			isUser: false,
			...defined({calendar: calendarIn(text)}),
		})),
	];
}

/** An empty assignment forgets those before it. @see systemd.timer(5) */
function calendarIn(text: string): string[] | undefined {
	const all = settingIn(text, 'OnCalendar');
	const kept = all.slice(all.lastIndexOf('') + 1);
	return kept.length === 0 ? undefined : kept;
}

function settingIn(text: string, name: string): string[] {
	return [...text.matchAll(new RegExp(`^[ \\t]*${name}[ \\t]*=[ \\t]*(.*?)[ \\t]*$`, 'gm'))].map(([, value]) => value!);
}
