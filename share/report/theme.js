/* share/report/theme.js - language and colours, before anything is drawn. */
(function () {
	'use strict';
	var root = document.documentElement;
	var kept = {};
	try {
		kept = JSON.parse(localStorage.getItem('assay-report')) || {};
	} catch (e) {
		kept = {};	/* a file: page may have no storage */
	}
	function language(lang) {
		root.setAttribute('data-lang', lang);
		root.setAttribute('lang', lang);
	}
	if (kept.lang === 'zh' || kept.lang === 'en')
		language(kept.lang);
	else if (root.hasAttribute('data-auto'))
		language(/^zh/i.test(navigator.language || '') ? 'zh' : 'en');
	if (kept.theme === 'dark' || kept.theme === 'light')
		root.setAttribute('data-theme', kept.theme);
	window.assayPage = {
		keep: function (key, value) {
			kept[key] = value;
			try {
				localStorage.setItem('assay-report', JSON.stringify(kept));
			} catch (e) {
				/* shown all the same, forgotten with the page */
			}
		},
		language: language
	};
})();
