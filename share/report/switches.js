/* share/report/switches.js - the buttons for language and colours. Who draws listens to the event
 * "assay-redraw" of the document. */
(function () {
	'use strict';
	var root = document.documentElement;
	var dark = matchMedia('(prefers-color-scheme: dark)');

	function chinese() {
		return root.getAttribute('data-lang') === 'zh';
	}

	function labels() {
		var isDark = root.getAttribute('data-theme') === 'dark' ||
			(!root.hasAttribute('data-theme') && dark.matches);
		document.getElementById('lang').textContent = chinese() ? 'English' : '中文';
		document.getElementById('theme').textContent = chinese() ?
			(isDark ? '浅色' : '深色') : (isDark ? 'light' : 'dark');
		return isDark;
	}

	function redraw() {
		labels();
		document.dispatchEvent(new Event('assay-redraw'));
	}

	document.querySelector('.switches').hidden = false;
	document.getElementById('lang').onclick = function () {
		var lang = chinese() ? 'en' : 'zh';
		assayPage.language(lang);
		assayPage.keep('lang', lang);
		redraw();
	};
	document.getElementById('theme').onclick = function () {
		var theme = labels() ? 'light' : 'dark';
		root.setAttribute('data-theme', theme);
		assayPage.keep('theme', theme);
		redraw();
	};
	dark.addEventListener('change', redraw);
	labels();
})();
