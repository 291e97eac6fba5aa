/* tests/unit/text/test-normalize.c - every rule of every normaliser.
 *
 * check-style: table
 * SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/str.h"
#include "base/util.h"
#include "text/normalize.h"

struct row {
	const char *in, *out;
};

static int wrong;

static void apply(struct normalizer *n, const char *text, struct buf *out)
{
	buf_clear(out);
	assert_int_equal(normalizer_apply(n, text, strlen(text), NULL, 0, out, NULL), 0);
	if (!out->data)
		assert_int_equal(buf_str(out, ""), 0);
}

static void check_rows(enum normalize_kind kind, const struct normalize_options *options,
		       const struct row *rows, size_t n_rows)
{
	struct normalizer *n = NULL;
	struct buf out = BUF_INIT(1 << 20), again = BUF_INIT(1 << 20);
	assert_int_equal(normalizer_new(&n, kind, options, NULL), 0);
	wrong = 0;
	for (size_t i = 0; i < n_rows; i++) {
		apply(n, rows[i].in, &out);
		if (strcmp(out.data ? out.data : "", rows[i].out) != 0) {
			print_error("'%s' gives '%s', not '%s'\n", rows[i].in, out.data,
				    rows[i].out);
			wrong++;
		}
	}
	buf_release(&out);
	buf_release(&again);
	normalizer_free(n);
	assert_int_equal(wrong, 0);
}

static void test_none_and_basic(void **state)
{
	(void)state;
	static const struct row none[] = {{"", ""}, {" Don't  Ａ。", " Don't  Ａ。"}};
	static const struct row basic[] = {
		{"", ""}, {"  ", ""}, {"...", ""},
		{"Hello,  World!", "hello world"},
		{"Ｈｅｌｌｏ　１２３", "hello 123"},
		{"ÉCOLE Straße", "école strasse"},
		{"e\u0301cole", "école"},		/* NFD and NFC meet */
		{"Don't", "don t"}, {"don’t", "don t"},
		{"a\tb\nc\u00a0d", "a b c d"},
		{"\ufeffword", "word"},
		{"co\u00adoperate", "cooperate"},
		{"ﬁne", "fine"},
		{"你好，世界。", "你好 世界"},
		{"हिन्दी", "हिन्दी"},			/* vowel signs stay */
		{"ภาษาไทย", "ภาษาไทย"},
		{"$5 + 3%", "5 3"},
	};
	check_rows(NORMALIZE_NONE, NULL, none, ARRAY_LEN(none));
	check_rows(NORMALIZE_BASIC, NULL, basic, ARRAY_LEN(basic));
}

static const struct row english[] = {
	{"", ""},
	{"Hello, WORLD!", "hello world"},
	/* numbers: how they are grouped does not matter */
	{"one two three", "1 2 3"}, {"1 2 3", "1 2 3"}, {"123", "1 2 3"},
	{"one hundred and twenty-three", "1 2 3"}, {"one hundred twenty three", "1 2 3"},
	{"nine one nine six nine six", "9 1 9 6 9 6"}, {"919-696", "9 1 9 6 9 6"},
	{"thirty six", "3 6"}, {"three thousand six", "3 0 0 6"},
	{"10 000", "1 0 0 0 0"}, {"10,000", "1 0 0 0 0"}, {"ten thousand", "1 0 0 0 0"},
	{"1,234,567", "1 2 3 4 5 6 7"}, {"one, two", "1 2"}, {"1,2", "1 2"},
	{"nineteen eighty-four", "1 9 8 4"}, {"1984", "1 9 8 4"},
	{"twenty twenty four", "2 0 2 4"}, {"nineteen hundred", "1 9 0 0"},
	{"nineteen oh five", "1 9 0 5"}, {"two thousand and one", "2 0 0 1"},
	{"a hundred", "1 0 0"}, {"a million people", "1 0 0 0 0 0 0 people"},
	{"a hundred and one", "1 0 1"},
	{"two million three hundred thousand and five", "2 3 0 0 0 0 5"},
	{"2.5 million", "2 5 0 0 0 0 0"}, {"two and a half million", "2 5 0 0 0 0 0"},
	{"two point five million", "2 5 0 0 0 0 0"},
	{"three point one four", "3 point 1 4"}, {"3.14", "3 point 1 4"},
	{".5", "0 point 5"}, {"three and a half", "3 point 5"},
	{"zero", "0"}, {"007", "0 0 7"}, {"0.25", "0 point 2 5"},
	{"minus five", "minus 5"}, {"-5", "minus 5"}, {"plus 3 +3", "plus 3 plus 3"},
	{"one thousand million thousand", "1 0 0 0 0 0 0 0 0 0 1 0 0 0"},
	/* the traps */
	{"oh no", "oh no"}, {"Oh my god", "oh my god"},
	{"wait a second", "wait a second"}, {"and a half", "and a half"},
	{"10:00 AM", "1 0 am"}, {"ten o'clock a.m.", "1 0 am"}, {"10:30", "1 0 3 0"},
	{"10:05", "1 0 0 5"}, {"ten oh five", "1 0 0 5"},
	{"O'Neil's", "oneils"}, {"AT&T", "at and t"}, {"A T and T", "at and t"},
	{"10mm", "1 0 mm"}, {"10 mm", "1 0 mm"}, {"mm I see", "i see"},
	{"5g 5 G", "5 g 5 g"}, {"covid-19", "covid 1 9"},
	{"cancelation cancellation", "cancellation cancellation"},
	{"seven hundred and a half", "7 0 0 point 5"}, {"half past ten", "half past 1 0"},
	{"$2.50 and 2 50", "2 dollars 5 0 cents and 2 5 0"},
	/* ordinals */
	{"1st first", "1 th 1 th"}, {"21st twenty-first", "2 1 th 2 1 th"},
	{"3rd third", "3 th 3 th"}, {"2nd second", "second second"},
	{"22nd twenty second 20 second", "2 0 second 2 0 second 2 0 second"},
	{"12th twelfth", "1 2 th 1 2 th"}, {"the 100th one hundredth",
					    "the 1 0 0 th 1 0 0 th"},
	{"1960s sixties", "1 9 6 0 s 6 0 s"},
	/* contractions */
	{"I'm you're we've he'll she'd", "i am you are we have he will she would"},
	{"isn't won't can't cannot shan't", "is not will not can not can not shall not"},
	{"it’s John's", "it is johns"}, {"let's what's", "let us what is"},
	{"'quoted' dogs' rock'n'roll", "quoted dogs rocknroll"},
	{"gonna wanna gotta", "going to want to got to"}, {"y'all ain't", "you all aint"},
	/* titles, words */
	{"Mr. Mrs. Dr. Prof. St. Jr.", "mister missus doctor professor saint junior"},
	{"OK okay", "okay okay"}, {"etc.", "et cetera"}, {"e-mail email", "email email"},
	{"U.S.A. usa u s a", "usa usa usa"}, {"I a", "i a"}, {"am i a b c", "am iabc"},
	/* fillers */
	{"um so uh, hmm er yes", "so yes"}, {"Um.", ""},
	/* spelling */
	{"colour favourite honourable neighbourhood",
	 "color favorite honorable neighborhood"},
	{"organise organised organising organisation organisations",
	 "organize organized organizing organization organizations"},
	{"advise promised surprising likewise rise four hour",
	 "advise promised surprising likewise rise 4 hour"},
	{"analyse paralysed centre centred metres theatre",
	 "analyze paralyzed center centered meters theater"},
	{"travelled traveller modelling labelled cancelling",
	 "traveled traveler modeling labeled canceling"},
	{"defence licence catalogue dialogue grey programme tyre",
	 "defense license catalog dialog gray program tire"},
	{"manoeuvred anaesthetic paediatric artefact whilst",
	 "maneuvered anesthetic pediatric artifact while"},
	/* money and percent */
	{"$20 twenty dollars", "2 0 dollars 2 0 dollars"}, {"$1 one dollar",
							    "1 dollars 1 dollars"},
	{"$2.50", "2 dollars 5 0 cents"}, {"two dollars and fifty cents",
					   "2 dollars 5 0 cents"},
	{"$3.00 $0.05", "3 dollars 0 dollars 5 cents"},
	{"$2.5 million", "2 5 0 0 0 0 0 dollars"}, {"€5 £7", "5 euros 7 pounds"},
	{"50% fifty per cent fifty percent", "5 0 percent 5 0 percent 5 0 percent"},
	{"20°C", "2 0 degrees c"}, {"me@home", "me at home"},
	{"a $ sign", "a dollars sign"},
};

static void test_english(void **state)
{
	(void)state;
	check_rows(NORMALIZE_ENGLISH, NULL, english, ARRAY_LEN(english));
}

static void test_chinese(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"", ""},
		{"今天，天气　很好！", "今天天气很好"}, {"語音識別", "语音识别"},
		{"我 爱 北京", "我爱北京"}, {"我爱 Hello World 吗", "我爱hello world吗"},
		{"ＡＢＣ１２３", "abc 123"}, {"iPhone15 iPhone 15", "iphone 15 iphone 15"},
		/* numbers */
		{"一百二十三", "123"}, {"123", "123"}, {"1,234", "1234"}, {"一千二百三十四", "1234"},
		{"一百零五", "105"}, {"一百五", "150"}, {"一百五十", "150"}, {"三千二", "3200"},
		{"两万三", "23000"}, {"2万3千", "23000"}, {"十", "10"}, {"十五", "15"},
		{"二十", "20"}, {"一万零八十六", "10086"}, {"幺零零八六", "10086"},
		{"一千万", "10000000"}, {"1000万", "10000000"}, {"一亿五千万", "150000000"},
		{"1.5亿", "150000000"}, {"一点五亿", "150000000"}, {"一万亿", "1000000000000"},
		{"三点五", "3.5"}, {"3.5", "3.5"}, {"三点一四", "3.14"}, {"零", "0"}, {"〇", "0"},
		{"一起", "1起"}, {"两个 2个", "2个2个"}, {"第一 第1", "第1第1"}, {"二两", "2两"},
		{"壹佰贰拾", "120"}, {"陆先生", "陆先生"}, {"千万别", "千万别"}, {"万一", "万1"},
		{"百度", "百度"}, {"亿万", "亿万"}, {"幺妹", "幺妹"}, {"一二三", "123"},
		{"负五 -5", "负5负5"}, {"3-5", "3 5"}, {"三千克3千克", "3000克3000克"},
		{"一月二月", "1月2月"}, {"两千零五", "2005"}, {"二零零五", "2005"}, {"十二亿", "1200000000"},
		/* dates and times */
		{"二零二四年", "2024年"}, {"2024年", "2024年"}, {"二千零二十四年", "2024年"},
		{"二〇二四年五月一日", "2024年5月1日"}, {"2024年05月01日", "2024年5月1日"},
		{"2024-05-01", "2024年5月1日"}, {"2024/5/1", "2024年5月1日"},
		{"二零二四年五月一号", "2024年5月1日"}, {"一号楼", "1号楼"},
		{"三点十五分", "3点15"}, {"3:15", "3点15"}, {"3点15分", "3点15"},
		{"三点零五分", "3点05"}, {"3:05", "3点05"}, {"8:00", "8点"}, {"八点整", "8点"},
		{"三点半", "3点半"}, {"三点一刻", "3点1刻"}, {"五分钟", "5分钟"},
		/* shares */
		{"百分之五", "5%"}, {"5%", "5%"}, {"５％", "5%"}, {"百分之零点五", "0.5%"},
		{"百分之五十", "50%"}, {"50%", "50%"}, {"百分之三点五", "3.5%"}, {"百分之百", "100%"},
		{"千分之三", "3‰"}, {"三分之一", "3分之1"}, {"1/3", "3分之1"},
		/* money and units */
		{"五块钱", "5元"}, {"5元", "5元"}, {"¥5", "5元"}, {"￥100", "100元"}, {"$20", "20美元"},
		{"25℃", "25度"}, {"二十五摄氏度", "25度"}, {"5km", "5公里"}, {"五公里", "5公里"},
		{"10 kg", "10公斤"}, {"5 m2", "5平方米"}, {"3 mins", "3 mins"},
		{"don't", "dont"}, {"A-B", "a b"},
		{"花儿", "花儿"}, {"嗯，好", "嗯好"},
	};
	static const struct row dropped[] = {
		{"花儿", "花"}, {"这儿", "这"}, {"女儿", "女儿"}, {"儿子", "儿子"}, {"一点儿", "1点"},
		{"儿", "儿"}, {"嗯，好啊", "好"}, {"a儿", "a儿"},
	};
	check_rows(NORMALIZE_CHINESE, NULL, rows, ARRAY_LEN(rows));
	check_rows(NORMALIZE_CHINESE,
		   &(struct normalize_options){.drop_erhua = true, .drop_fillers = true}, dropped,
		   ARRAY_LEN(dropped));
}

/* What the rules leave, they leave alone when they run again: the form is normal. */
static void test_auto(void **state)
{
	(void)state;
	static const struct row rows[] = {
		{"Colour 5", "color 5"}, {"一百二十三", "123"}, {"我用 iPhone", "我用iphone"},
		{"हिन्दी है।", "हिन्दी है"}, {"カタカナ です。", "カタカナ です"}, {"123!", "123"},
	};
	check_rows(NORMALIZE_AUTO, NULL, rows, ARRAY_LEN(rows));
	struct normalizer *n = NULL;
	struct buf out = BUF_INIT(1 << 16);
	assert_int_equal(normalizer_new(&n, NORMALIZE_AUTO, NULL, NULL), 0);
	/* the reference decides for both sides */
	assert_int_equal(normalizer_apply(n, "123", 3, "一百", 6, &out, NULL), 0);
	assert_string_equal(out.data, "123");
	buf_clear(&out);
	assert_int_equal(normalizer_apply(n, "123", 3, "one", 3, &out, NULL), 0);
	assert_string_equal(out.data, "1 2 3");
	assert_true(strstr(normalizer_name(n), "english 1") != NULL);
	buf_release(&out);
	normalizer_free(n);
	assert_null(normalizer_free(NULL));
}

/* Whatever comes in, cut anywhere: no crash, valid UTF-8 out. */
static void test_cut_anywhere(void **state)
{
	(void)state;
	static const char text[] =
		"Mr. O'Neil's $2.50 and a half million at 10:00 a.m. twenty-second U.S.A. "
		"二〇二四年五月一号三点十五分百分之三点五一百五十¥5女儿 2024-05-01 1/3 ";
	struct buf out = BUF_INIT(1 << 20);
	for (int kind = NORMALIZE_NONE; kind <= NORMALIZE_AUTO; kind++) {
		struct normalizer *n = NULL;
		assert_int_equal(normalizer_new(&n, (enum normalize_kind)kind, NULL, NULL), 0);
		for (size_t from = 0; from < sizeof(text); from++) {
			size_t len = sizeof(text) - 1 - from;
			if (str_utf8_valid(text + from, len) != len)
				continue;
			for (size_t cut = 0; cut <= len; cut += 1 + from / 4) {
				size_t n_bytes = str_utf8_cut(text + from, len, cut);
				char *copy = malloc(n_bytes + 1);
				assert_non_null(copy);
				memcpy(copy, text + from, n_bytes);
				buf_clear(&out);
				assert_int_equal(normalizer_apply(n, copy, n_bytes, NULL, 0, &out,
								  NULL), 0);
				free(copy);
				assert_int_equal(str_utf8_valid(out.data, out.len), out.len);
			}
		}
		normalizer_free(n);
	}
	buf_release(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_none_and_basic),
		cmocka_unit_test(test_english),
		cmocka_unit_test(test_chinese),
		cmocka_unit_test(test_auto),
		cmocka_unit_test(test_cut_anywhere),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
