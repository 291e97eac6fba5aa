/* src/result/chinese_notes.c - what stands beside numbers and in the list of what was not run, in
 * Chinese.
 * SPDX-License-Identifier: Apache-2.0 */
#include "result/chinese.h"

const struct phrase chinese_notes[] = {
	/* the title of the demo's plan */
	{"Demonstration on three services of assay's own", "assay 自带三项服务的演示"},

	/* of metrics */
	{"scaled", "按比例折算"},
	{"tokens are counted events: the server reported none",
	 "token 数为事件计数:服务器未报告 token 数"},
	{"tokens counted by the server's usage", "token 数取自服务器的 usage"},
	{"median of {#} pair{} ({#} to {#} ms), {} JPEG never seen before, text padded to the same "
	 "prompt_tokens",
	 "{1} 对的中位数({3} 至 {4} ms),从未见过的 {5} JPEG,文本补齐到相同 prompt_tokens"},
	{"median of {#} pair{} ({#} to {#} ms), {} JPEG never seen before",
	 "{1} 对的中位数({3} 至 {4} ms),从未见过的 {5} JPEG"},
	{"the text alone could not be padded to the same prompt_tokens",
	 "纯文本无法补齐到相同 prompt_tokens"},
	{"met twice; the lowest that missed: {}", "两次达标,最低未达标: {1}"},
	{"met twice; the end of the range was reached", "两次达标,已到范围上限"},

	/* of accuracy */
	{"no reference service: the rate alone, with its 95 % interval",
	 "没有参考服务:仅给出错误率及其 95 % 区间"},
	{"{#} of {#} sample{} without a known answer, not judged",
	 "{2} 个样本中有 {1} 个没有标准答案,不予判定"},
	{"sound and transcript do not fit: {*}", "声音与文本不符: {1}"},
	{"{}: {#} word{} in {#} s of sound: nobody speaks so fast",
	 "{1}: {4} 秒声音有 {2} 个词,没有人说得这么快"},
	{"{}: {#} character{} in {#} s of sound: nobody speaks so fast",
	 "{1}: {4} 秒声音有 {2} 个字,没有人说得这么快"},
	{"{}: {#} word{} in {#} s of sound", "{1}: {4} 秒声音有 {2} 个词"},
	{"{}: {#} character{} in {#} s of sound", "{1}: {4} 秒声音有 {2} 个字"},
	{"{}: nothing of the transcript was heard ({#} of {#} words wrong)",
	 "{1}: 文本全未听到({3} 个词错 {2} 个)"},
	{"{}: nothing of the transcript was heard ({#} of {#} characters wrong)",
	 "{1}: 文本全未听到({3} 个字错 {2} 个)"},
	{"and {#} more", "另有 {1} 个"},
	{"floor: the reference asked twice", "重复误差:参考服务问两次"},
	{"no floor: the reference was recorded once (--repeat)",
	 "没有重复误差:参考服务只录了一次(--repeat)"},
	{"no floor", "没有重复误差"},
	{"gate: {#} % of the reference's rate", "门限:参考错误率的 {1} %"},
	{"the reference differs from itself by more than the gate: no verdict on this gate means "
	 "anything", "参考服务自身的差异已超过门限:以此门限得出的结论没有意义"},
	{"{#} answer{} to each of {#} sample{} recorded in {}", "{3} 个样本各 {1} 个答案已录入 {5}"},

	/* of what was not run */
	{"{}: not asked for (--only)", "{1}: 未选择(--only)"},
	{"{}: the run was ended", "{1}: 运行已结束"},
	{"{}: no load that could be split: rank 0 of {#} made it alone",
	 "{1}: 负载无法拆分,由 {2} 个进程中的进程 0 单独完成"},
	{"{}: rank 0 makes it alone", "{1}: 由进程 0 单独完成"},
	{"soak: {#} s before a reboot of this host are in soak_window of results.db and not in "
	 "these numbers",
	 "长稳: 主机重启前的 {1} 秒在 results.db 的 soak_window 中,不在以下数据内"},
	{"soak: {#} window{} and {#} line{} of the log could not be written (full disk?); the "
	 "report has all of them, results.db has not",
	 "长稳: {1} 个时间窗与 {3} 行日志未能写入(磁盘已满?);报告中完整,results.db 中缺少"},
	{"{}: {#} conversation{} without a question and an answer passed over",
	 "{1}: 略过 {2} 个没有问题和答案的对话"},
	{"unique_images: {#} of {#} picture{} sent without pixels of their own (only JPEG, and PNG "
	 "of 8 bits or more without interlacing, get them)",
	 "unique_images: {2} 张图片中有 {1} 张未获得独有像素(仅 JPEG 与 8 位以上非隔行 PNG 会得到)"},
	{"accuracy {}: no reference given", "精度 {1}: 未给出参考服务"},

	/* of samplers that have nothing to read */
	{"{}: {} cannot be loaded: {*} ({} may name the file)",
	 "{1}: 无法加载 {2}:{3}(可用 {4} 指定该文件)"},
	{"monitor {}: {} is not on this machine", "监控 {1}: 本机没有 {2}"},
	{"{}: cannot run '{}': {*}", "{1}: 无法运行 '{2}':{3}"},
	{"{}: {}: cannot open shared object file: {*}", "{1}: {2}: 无法打开共享库文件:{3}"},
	{"{}: cannot open shared object file: {*}", "{1}: 无法打开共享库文件:{2}"},
	{"No such file or directory", "没有该文件或目录"},
	{"Permission denied", "权限不足"},
	{"{}: no metrics page is named (a service's key `monitor`, or --pages URL)",
	 "{1}: 未指定指标页面(服务的 `monitor` 键,或 --pages URL)"},
	{"{}: no process is known to watch (services that assay did not start are watched by "
	 "--pid)",
	 "{1}: 没有可监控的进程(并非 assay 启动的服务用 --pid 监控)"},
	{"{}: DCMI knows no NPU on this machine", "{1}: DCMI 在本机未发现 NPU"},
	{"{}: DCMI lists no cards: {}", "{1}: DCMI 未列出任何卡:{2}"},
	{"{}: NVML knows no GPU on this machine", "{1}: NVML 在本机未发现 GPU"},
	{"{}: nvidia-smi shows no GPU: {}", "{1}: nvidia-smi 未显示 GPU:{2}"},
	{"{}: npu-smi info did not answer within {#} s", "{1}: npu-smi info 在 {2} 秒内没有应答"},
	{"{}: npu-smi: no device in its output{}; assay doctor looks further",
	 "{1}: npu-smi 的输出中没有设备{2};可用 assay doctor 进一步检查"},
	{"{}: npu-smi: {}; assay doctor looks further",
	 "{1}: npu-smi:{2};可用 assay doctor 进一步检查"},
	{"{}: libdcmi.so cannot reach the devices: {}; assay doctor looks further",
	 "{1}: libdcmi.so 无法访问设备:{2};可用 assay doctor 进一步检查"},
	{"{}: '{}' (pid {#}) hangs inside its driver and cannot be killed; look into dmesg",
	 "{1}: '{2}'(pid {3})卡在驱动中,无法结束;请查看 dmesg"},
	{"{}: '{}' printed more than 4 MiB", "{1}: '{2}' 的输出超过 4 MiB"},
	{"{}: '{}' did not answer in time and was ended", "{1}: '{2}' 未按时应答,已被结束"},
	{"{}: DCMI has no reading of {} any more", "{1}: DCMI 不再提供 {2} 的读数"},
	{"{}: NVML has no reading of {} any more", "{1}: NVML 不再提供 {2} 的读数"},
	{"{}: libdcmi.so lacks the functions that are needed; is it Huawei's?",
	 "{1}: libdcmi.so 缺少所需函数;是否为华为的库?"},
	{"{}: libnvidia-ml.so.1 lacks {}; is it NVIDIA's?",
	 "{1}: libnvidia-ml.so.1 缺少 {2};是否为 NVIDIA 的库?"},
	{"{}: nvidia-smi stopped answering and was ended", "{1}: nvidia-smi 停止应答,已被结束"},
	{"{}: nvidia-smi ended by itself", "{1}: nvidia-smi 自行结束"},
	{"{}: {} has too many processes to watch", "{1}: {2} 的进程过多,无法监控"},
	{"{}: {} is gone", "{1}: {2} 已不存在"},
	{"{}: pages cannot be fetched here", "{1}: 此处无法抓取页面"},
	{"{}: the last {#} reading{} failed: {*}", "{1}: 最近 {2} 次读取失败:{4}"},
	{"no memory for {#} reading{}", "内存不足,丢失 {1} 个读数"},
	{"{}: {} answers with status {#}", "{1}: {2} 返回状态 {3}"},
	{"{}: {} holds no metric that is known", "{1}: {2} 没有已知的指标"},

	/* of leaks: what grew */
	{"rss of {}", "{1} 的内存(rss)"},
	{"hbm of {}", "{1} 的 HBM"},
	{"fds of {}", "{1} 的文件描述符"},
	{"threads of {}", "{1} 的线程"},
	{"ecc_{} of {}", "{2} 的 ecc_{1}"},

	/* of a run that is not to be trusted, as a search keeps it */
	{"The tester itself delayed requests: p99 of generator_delay is {}, at most {} may be (1 "
	 "ms or 1 % of the median latency).",
	 "测试端自身延误了请求:generator_delay 的 p99 为 {1},最多允许 {2}(1 ms 或延迟中位数的 1 %)。"},
	{"The tester sent {#} requests/s of the {#} asked for, and the service did not hold it "
	 "back.",
	 "测试端实际每秒发送 {1} 个请求,要求 {2} 个,且并非服务所限。"},
	{"A load thread used {#} % of its core (limit 90 %): use more threads or another machine.",
	 "有一个负载线程占用了所在核的 {1} %(上限 90 %):请增加线程或换用其他机器。"},
	{"The kernel gave no receive timestamp for {} % of the data reads (limit 1 %).",
	 "{1} % 的数据读取没有得到内核接收时间戳(上限 1 %)。"},
	{"The moment of the first token is known to {} only (p99), at most {} may be (1 ms or 1 % "
	 "of the median ttft).",
	 "首 token 的时刻只精确到 {1}(p99),最多允许 {2}(1 ms 或 ttft 中位数的 1 %)。"},

	/* of a comparison: why it is undecided, and how an interval came about */
	{"the interval holds both the same and worse", "区间同时包含相同与变差"},
	{"too few samples for an interval", "样本太少,无法得出区间"},
	{"too few windows for an interval", "时间窗太少,无法得出区间"},
	{"one number without an interval", "单个数值,没有区间"},
	{"the new run is not trustworthy", "新的运行不可信"},
	{"the run of the base is not trustworthy", "基线的运行不可信"},
	{"fewer than 30 utterances", "不足 30 条"},
	{"normalised by different rules", "规范化规则不同"},
	{"order statistics", "次序统计量"},
	{"windows drawn anew", "时间窗重抽样"},
	{"spread of the requests, weighted by their audio", "按音频时长加权的请求离散度"},
	{"normal interval of the mean", "均值的正态区间"},
	{"paired bootstrap over utterances", "按条目配对的自助法"},
	{"binomial over units: the utterances were not all kept", "二项区间:未保留全部条目"},
	{NULL, NULL},
};
