/**
 * The guide "Which credential do I need?". It owns the questions, where answers lead, and what belongs to each result;
 * not its words (views/texts), and not the making of what it recommends (the console).
 */
export { credentials } from './credentials.ts';
export { createGuide, type Guide, type GuideData, guideNumbers } from './guide.ts';
export { decisions, questions, type Step } from './questions.ts';
export { serveGuide, showGuide } from './routes.ts';
