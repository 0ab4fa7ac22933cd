import type { RuleTable } from '../rule.js';

export const DATA_RULES: RuleTable = {};
