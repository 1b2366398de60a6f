import {isStop, needsPerson, type Runbook} from './runbook.ts';

/** The runbook as a Mermaid flowchart. Steps of a person are rounded; steps with a gate have a double border. */
export function graphOf(runbook: Runbook): string {
	const lines = ['flowchart TD'];
	const stops = new Set<string>();

	for (const step of runbook.steps) {
		const label = quote(step.title);
		lines.push(`\t${node(step.id)}${step.gate ? `[[${label}]]` : needsPerson(step) ? `(${label})` : `[${label}]`}`);
	}

	for (const step of runbook.steps) {
		for (const [outcome, route] of Object.entries(step.outcomes)) {
			const to = isStop(route) ? `stop_${node(route.stop)}` : node(route.to);
			if (isStop(route) && !stops.has(to)) {
				stops.add(to);
				lines.push(`\t${to}([${quote(route.stop)}])`);
			}

			lines.push(`\t${node(step.id)} -->|${outcome}| ${to}`);
		}
	}

	return `${lines.join('\n')}\n`;
}

/** Words such as `end` are reserved in Mermaid. */
function node(id: string): string {
	return `s_${id.replace(/-/g, '_')}`;
}

function quote(text: string): string {
	return `"${text.replace(/"/g, '#quot;')}"`;
}
