/**
 * Groups of files that reach each other by their imports.
 * @param targets of each file, the files it imports; others are left out
 * @returns each group sorted, the groups in order of their first file
 */
export function circlesIn(targets: ReadonlyMap<string, readonly string[]>): string[][] {
	const order = new Map<string, number>();
	const lowest = new Map<string, number>();
	const open: string[] = [];
	const circles: string[][] = [];

	// Tarjan's strongly connected components.
	function visit(name: string): void {
		order.set(name, order.size);
		lowest.set(name, order.get(name)!);
		open.push(name);
		for (const target of targets.get(name)!.filter(each => targets.has(each))) {
			if (!order.has(target)) {
				visit(target);
				lowest.set(name, Math.min(lowest.get(name)!, lowest.get(target)!));
			} else if (open.includes(target)) {
				lowest.set(name, Math.min(lowest.get(name)!, order.get(target)!));
			}
		}

		if (lowest.get(name) === order.get(name)) {
			const group = open.splice(open.indexOf(name));
			if (group.length > 1 || targets.get(name)!.includes(name)) {
				circles.push(group.sort());
			}
		}
	}

	for (const name of targets.keys()) {
		if (!order.has(name)) {
			visit(name);
		}
	}

	return circles.sort((a, b) => a[0]!.localeCompare(b[0]!));
}
