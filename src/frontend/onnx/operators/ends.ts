import type { RuleTable } from '../rule.js';

export const END_RULES: RuleTable = {};
