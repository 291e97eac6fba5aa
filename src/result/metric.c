/* src/result/metric.c - see metric.h; the definitions are those of docs/metrics.md.
 * SPDX-License-Identifier: Apache-2.0 */
#include "result/metric.h"

#include "base/util.h"

#define REQUEST(name_, unit_, up, rule_, rule_zh_, zh) \
	{ .name = name_, .unit = unit_, .scope = METRIC_REQUEST, .higher_is_better = up, \
	  .rule = rule_, .rule_zh = rule_zh_, .title_zh = zh }
#define RUN(name_, unit_, up, rule_, rule_zh_, zh) \
	{ .name = name_, .unit = unit_, .scope = METRIC_RUN, .higher_is_better = up, \
	  .rule = rule_, .rule_zh = rule_zh_, .title_zh = zh }

static const struct metric_def metrics[] = {
	REQUEST("latency", "s", false, "end − intended", "结束 − 预定时刻", "延迟"),
	REQUEST("service_time", "s", false, "end − first byte sent", "结束 − 首字节发出", "服务时间"),
	REQUEST("queue_delay", "s", false, "ready − intended: waiting for a free slot",
		"就绪 − 预定时刻:等待空闲位置", "排队等待"),
	REQUEST("generator_delay", "s", false,
		"(connecting, or first byte sent) − ready: the tester's own delay",
		"(开始连接或首字节发出) − 就绪:测试端自身的延迟", "测试端自身延迟"),
	REQUEST("ttft", "s", false, "first event with text − intended", "首个含文本事件 − 预定时刻",
		"首 token 延迟"),
	REQUEST("ttfe", "s", false, "first event of any kind − intended", "首个任意事件 − 预定时刻", "首事件延迟"),
	REQUEST("ttfa", "s", false, "first byte of sound − intended", "首字节声音 − 预定时刻", "首包音频延迟"),
	REQUEST("tpot", "s", false, "(last token − first token) / (output tokens − 1)",
		"(末 token − 首 token) / (输出 token 数 − 1)", "每 token 时间"),
	REQUEST("itl", "s", false, "gaps between successive text events, pooled over requests",
		"相邻文本事件的间隔,合并所有请求", "token 间隔"),
	REQUEST("tokens_per_event", "ratio", false, "output tokens / text events",
		"输出 token 数 / 文本事件数", "每事件 token 数"),
	REQUEST("output_tokens", "count", true, "the server's usage; else counted text events",
		"服务器的 usage;没有则为文本事件数", "输出 token 数"),
	REQUEST("prompt_tokens", "count", false, "the server's usage", "服务器的 usage", "输入 token 数"),
	REQUEST("cached_tokens", "count", true, "prompt tokens that the server had cached",
		"服务器已缓存的输入 token 数", "命中缓存的 token 数"),
	REQUEST("reasoning_tokens", "count", false, "output tokens that were reasoning",
		"用于推理的输出 token 数", "推理 token 数"),
	REQUEST("rtf", "ratio", false,
		"service_time / seconds of audio (ASR: of the input, TTS: of the output)",
		"service_time / 音频秒数(ASR 为输入,TTS 为输出)", "实时率 RTF"),
	REQUEST("rtfx", "ratio", true, "1 / rtf", "1 / rtf", "实时倍速 RTFx"),
	REQUEST("audio_seconds", "s", true,
		"seconds of audio, as decoded here (ASR: of the input, TTS: of the output)",
		"在测试端解码得到的音频秒数(ASR 为输入,TTS 为输出)", "音频时长"),
	REQUEST("underrun", "s", false,
		"longest time that a player of the stream would have starved", "流式播放时最长的断流时间",
		"播放断流"),
	REQUEST("connect", "s", false, "connected − connecting, where a connection was opened",
		"已连接 − 开始连接,仅计新建连接", "建立连接时间"),
	REQUEST("tls_handshake", "s", false, "TLS agreed on − connected", "TLS 协商完成 − 已连接",
		"TLS 握手时间"),
	REQUEST("upload", "s", false, "last request byte acknowledged − first byte sent",
		"请求末字节被确认 − 首字节发出", "上传时间"),
	REQUEST("latency_per_10s", "s", false, "latency of inputs of 8 to 12 s", "8 至 12 秒输入的延迟",
		"10 秒音频延迟"),
	REQUEST("first_partial", "s", false, "live speech: first words shown − the speech began",
		"实时语音:首次显示文字 − 语音开始", "首个实时结果延迟"),
	REQUEST("partial_delay", "s", false,
		"live speech: words shown − they had been spoken (by the final result's times)",
		"实时语音:文字显示 − 说出时刻(以最终结果的时间为准)", "实时结果滞后"),
	REQUEST("final_delay", "s", false, "live speech: final result − last sample sent",
		"实时语音:最终结果 − 末个采样发出", "最终结果延迟"),
	REQUEST("revised", "ratio", false,
		"live speech: words shown and changed later / words shown", "实时语音:显示后又改动的词 / 显示的词",
		"实时结果改动率"),
	REQUEST("pace_delay", "s", false,
		"live speech: the latest chunk sent − its moment: the tester's own delay",
		"实时语音:最迟的数据块发出 − 应发时刻:测试端自身的延迟", "音频发送滞后"),
	REQUEST("image_encode", "s", false,
		"ttft(image + text) − ttft(text alone, as many prompt tokens), paired",
		"ttft(图片 + 文本) − ttft(相同 prompt_tokens 的纯文本),成对", "图像编码时间"),
	REQUEST("image_cost", "s", false,
		"ttft(image + text) − ttft(text alone), the server reports no token counts",
		"ttft(图片 + 文本) − ttft(纯文本),服务器未报告 token 数", "图像附加时间"),
	RUN("rtf_run", "ratio", false,
	    "sum of service_time / sum of audio seconds, at concurrency 1",
	    "service_time 之和 / 音频秒数之和,并发为 1", "整体实时率 RTF"),
	RUN("request_rate", "1/s", true, "ok / duration", "成功数 / 历时", "请求速率"),
	RUN("token_rate", "tokens/s", true, "output tokens / duration", "输出 token 数 / 历时",
	    "token 速率"),
	RUN("audio_rate", "ratio", true, "seconds of audio of ok requests / duration",
	    "成功请求的音频秒数 / 历时", "音频吞吐(倍实时)"),
	RUN("goodput_share", "ratio", true,
	    "requests within every per-request limit / (attempted + unsent)",
	    "满足全部逐请求限值的请求 / (已发送 + 未发送)", "达标请求占比"),
	RUN("goodput_rate", "1/s", true, "requests within every per-request limit / duration",
	    "满足全部逐请求限值的请求 / 历时", "达标请求速率"),
	RUN("error_rate", "ratio", false, "failed / attempted", "失败数 / 已发送数", "错误率"),
	RUN("concurrency", "count", true, "requests in flight, time-weighted mean", "在途请求数,按时间加权均值",
	    "并发数"),
	RUN("concurrency_peak", "count", true, "most requests in flight at once", "同时在途请求数的最大值",
	    "并发峰值"),
	RUN("attempted", "count", true, "requests sent in the window", "时间窗内发送的请求", "已发送请求"),
	RUN("ok", "count", true, "requests with a complete and valid answer", "得到完整有效应答的请求",
	    "成功请求"),
	RUN("failed", "count", false, "requests without one", "没有得到完整有效应答的请求", "失败请求"),
	RUN("unsent", "count", false, "requests that the schedule wanted and that were never sent",
	    "计划应发而未发送的请求", "未发送请求"),
	RUN("highest_concurrency", "count", true, "find: the highest that met every target twice",
	    "搜索:两次全部达标的最高值", "达标的最高并发"),
	RUN("highest_rate", "1/s", true, "find: the highest that met every target twice",
	    "搜索:两次全部达标的最高值", "达标的最高请求速率"),
	RUN("first_request", "s", false, "latency of the very first request", "首个请求的延迟", "首个请求延迟"),
};

const struct metric_def *metric_at(size_t i)
{
	return i < ARRAY_LEN(metrics) ? &metrics[i] : NULL;
}

const struct metric_def *metric_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(metrics); i++)
		if (strcmp(metrics[i].name, name) == 0)
			return &metrics[i];
	return NULL;
}
