/** A line of upkeep that breaks images, or may. */
export type ScheduleDanger = {
	/** The file, or `crontab -l`. */
	file: string;
	line: string;
	kind: 'removes-children' | 'runs-beside-pushes';
	/** Why, for people. */
	why: string;
	/** What to do about it. */
	advice: string;
};

/**
 * Which lines of crontabs and timers will break images again.
 * @see distribution/distribution#3178: with --delete-untagged, 2.8 removes the children of every index, tagged or not
 * @see distribution docs, garbage-collection.md: a push during the collection loses its layers
 */
export function dangerousSchedules(lines: readonly {file: string; line: string}[]): ScheduleDanger[] {
	return lines.flatMap(({file, line}): ScheduleDanger[] => {
		const command = line.trim();
		if (command.startsWith('#') || !/\bgarbage-collect\b/.test(command) || /\s(?:--dry-run|-d)\b/.test(command)) {
			return [];
		}

		if (/\s(?:-m|-[a-z]*m|--delete-untagged)(?:=true)?(?=\s|$|["';&|])/.test(command)) {
			return [
				{
					file,
					line: command,
					kind: 'removes-children',
					why: 'Children of an index have no tag: registry 2.8 removes them all, and then their configs and layers.',
					advice: 'Leave -m (--delete-untagged) out, or go to registry 3.',
				},
			];
		}

		if (/\b(?:stop|down|pause|read-?only)\b/i.test(command)) {
			return [];
		}

		return [
			{
				file,
				line: command,
				kind: 'runs-beside-pushes',
				why: 'What is pushed while it runs can lose its layers, and the registry remembers blobs that are gone.',
				advice: 'Stop the registry or make it read-only meanwhile, and restart it afterwards.',
			},
		];
	});
}
