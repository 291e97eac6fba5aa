/* share/report/theme.js - language and colours, before anything is drawn. */
(function () {
	'use strict';
	var root = document.documentElement;
	/* Each report remembers its own switches. */
	var key = 'assay-report ' + location.pathname;
	var kept = {};
	try {
		kept = JSON.parse(localStorage.getItem(key)) || {};
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
		keep: function (name, value) {
			kept[name] = value;
			try {
				localStorage.setItem(key, JSON.stringify(kept));
			} catch (e) {
				/* shown all the same, forgotten with the page */
			}
		},
		language: language
	};
})();
