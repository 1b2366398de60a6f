export type Import = {target: string; typeOnly: boolean};

/** Every module a file names, in order: `import`, `export … from`, `import()` and `import()` in a type. */
export function importsIn(text: string): Import[] {
	const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
	const statement = /^(?:import|export)\s+(type\s)?(?:[\w*{][^;'"]*?\sfrom\s+)?(['"])([^'"]+)\2/gm;
	const call = /(^.*)\bimport\(\s*(['"])([^'"]+)\2\s*\)/gm;
	return [
		...[...code.matchAll(statement)].map(match => ({at: match.index, target: match[3]!, typeOnly: Boolean(match[1])})),
		...[...code.matchAll(call)].map(match => ({
			at: match.index,
			target: match[3]!,
			typeOnly: /^\s*(?:export )?type\s/.test(match[1]!),
		})),
	]
		.sort((a, b) => a.at - b.at)
		.map(({target, typeOnly}) => ({target, typeOnly}));
}
