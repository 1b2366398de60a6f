import type {Code, Heading, Nodes, Root, Yaml} from 'mdast';
import {fromMarkdown} from 'mdast-util-from-markdown';
import {frontmatterFromMarkdown} from 'mdast-util-frontmatter';
import {frontmatter} from 'micromark-extension-frontmatter';
import * as v from 'valibot';
import {defined} from '../defined.ts';
import {type LocatedProblem, type Position, readYaml} from '../yaml/located-yaml.ts';
import type {Runbook, Step} from './runbook.ts';
import {readStep} from './step.ts';

type ParsedRunbook = {runbook?: Runbook; problems: LocatedProblem[]};

const head = v.strictObject({
	runbook: v.pipe(v.string(), v.regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'a name is lower case, with hyphens')),
	title: v.string(),
	alerts: v.optional(v.array(v.string()), []),
	inputs: v.optional(
		v.record(v.string(), v.strictObject({type: v.picklist(['image', 'text']), prompt: v.string()})),
		{},
	),
	start: v.string(),
	decide: v.optional(v.string()),
	hold: v.optional(v.string()),
});

/** Parsing a single long paragraph of Markdown takes quadratic time. */
const mostCharacters = 128 * 1024;

/** Reads a runbook: the front matter, then a step for every second-level heading. Reports every problem, not only the first. */
export function parseRunbook(page: string): ParsedRunbook {
	// The Markdown reader skips a byte order mark and does not count it.
	const text = page.replace(/^\uFEFF/, '');
	if (text.length > mostCharacters) {
		const message = `The page has more than ${mostCharacters} characters: no person could follow such a runbook.`;
		return {problems: [{line: 1, column: 1, code: 'page-too-long', message}]};
	}

	const tree = fromMarkdown(text, {
		extensions: [frontmatter(['yaml'])],
		mdastExtensions: [frontmatterFromMarkdown(['yaml'])],
	});
	const problems: LocatedProblem[] = [];
	const first = tree.children[0];

	if (first?.type !== 'yaml') {
		return {
			problems: [
				{
					line: 1,
					column: 1,
					code: 'front-matter',
					message: 'The page does not begin with front matter between --- lines.',
				},
			],
		};
	}

	const front = readYaml(first.value, positionOf(first), head);
	problems.push(...front.problems);
	const steps = sectionsOf(tree).flatMap(section => {
		const {step, problems: found} = readSection(section, text);
		problems.push(...found);
		return step ?? [];
	});

	for (const [at, step] of steps.entries()) {
		if (steps.findIndex(({id}) => id === step.id) < at) {
			problems.push({...step.position, code: 'step-twice', message: `Two steps have the name "${step.id}".`});
		}
	}

	if (steps.length === 0 && problems.length === 0) {
		problems.push({line: 1, column: 1, code: 'no-steps', message: 'No second-level heading has a `yaml step` block.'});
	}

	if (!front.value || problems.length > 0) {
		return {problems: problems.sort((a, b) => a.line - b.line)};
	}

	const {runbook: name, decide, hold, ...rest} = front.value;
	const positions = {
		start: front.locateKey(['start']),
		...(decide === undefined ? {} : {decide: front.locateKey(['decide'])}),
		...(hold === undefined ? {} : {hold: front.locateKey(['hold'])}),
	};
	return {
		problems: [],
		runbook: {
			name,
			...rest,
			...defined({decide, hold}),
			intro: introOf(tree, text),
			steps,
			text,
			positions,
		},
	};
}

type Section = {heading: Heading; nodes: Nodes[]};

function sectionsOf(tree: Root): Section[] {
	const sections: Section[] = [];
	for (const node of tree.children) {
		if (node.type === 'heading' && node.depth === 2) {
			sections.push({heading: node, nodes: []});
		} else {
			sections.at(-1)?.nodes.push(node);
		}
	}

	return sections;
}

function readSection({heading, nodes}: Section, text: string): {step?: Step; problems: LocatedProblem[]} {
	const blocks = nodes.filter(
		(node): node is Code => node.type === 'code' && node.lang === 'yaml' && node.meta === 'step',
	);
	const [opening, closing] = [heading.children[0], heading.children.at(-1)];
	const written = text.slice(opening?.position?.start.offset, opening ? closing?.position?.end.offset : 0).trim();
	const named = /^(.*?)\s*\{#([a-z0-9-]+)\}$/.exec(written);
	const title = named?.[1] ?? written;
	const id = named?.[2] ?? slug(title);
	const position = startOf(heading);

	// A heading without a block is text for people: background, contacts.
	if (blocks.length === 0) {
		return {problems: []};
	}

	if (blocks.length > 1) {
		return {
			problems: [
				{...startOf(blocks[1]!), code: 'two-blocks', message: `"${title}" has more than one \`yaml step\` block.`},
			],
		};
	}

	const prose = nodes
		.filter(node => node !== blocks[0])
		.map(node => slice(text, node))
		.join('\n\n');
	return readStep({id, title, prose, position}, blocks[0]!.value, positionOf(blocks[0]!));
}

function introOf(tree: Root, text: string): string {
	const end = tree.children.findIndex(node => node.type === 'heading' && node.depth === 2);
	return tree.children
		.slice(1, end === -1 ? undefined : end)
		.map(node => slice(text, node))
		.join('\n\n');
}

function slice(text: string, node: Nodes): string {
	return text.slice(node.position?.start.offset, node.position?.end.offset);
}

function slug(title: string): string {
	return title
		.toLowerCase()
		.replace(/[^a-z0-9]+/g, '-')
		.replace(/^-|-$/g, '');
}

function startOf(node: Nodes): Position {
	return {line: node.position?.start.line ?? 1, column: node.position?.start.column ?? 1};
}

/** The start of the text in a fenced block or the front matter: the line after the fence. */
function positionOf(node: Code | Yaml): Position {
	return {line: startOf(node).line + 1, column: startOf(node).column};
}
