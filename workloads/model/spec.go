package model

// AttentionKind names how queries, keys and values are projected.
type AttentionKind string

// The kinds of attention.
const (
	// GQA is grouped-query attention: heads query heads share kv_heads key and
	// value heads. Multi-head attention is the case kv_heads = heads.
	GQA AttentionKind = "gqa"
	// MLA is multi-head latent attention (arXiv 2405.04434, section 2.1): keys
	// and values are expanded from a latent vector of kv_lora_rank channels,
	// queries optionally from one of q_lora_rank.
	MLA AttentionKind = "mla"
)

// QKNorm names the extra RMSNorm on queries and keys of grouped-query attention.
type QKNorm string

// The kinds of query-key norm.
const (
	// QKNormNone has no such norm.
	QKNormNone QKNorm = "none"
	// QKNormHead normalises each head by itself: one scale of head_dim for all
	// query heads and one for all key heads (Qwen3).
	QKNormHead QKNorm = "head"
	// QKNormFull normalises the whole projection: heads x head_dim scales for
	// queries, kv_heads x head_dim for keys (OLMoE).
	QKNormFull QKNorm = "full"
)

// Spec is everything that can be chosen about a model. It is plain data: it
// comes from a file and never changes afterwards. Widths and dimensions count
// channels. The source tag names the key of the model's published config.json
// that holds the value.
type Spec struct {
	Name   string `yaml:"name" doc:"name of the model: letters, digits, '.', '_' and '-'" source:"name of the published repository"`
	Layers int    `yaml:"layers" doc:"transformer blocks, dense ones included" source:"num_hidden_layers"`
	Hidden int    `yaml:"hidden" doc:"width of the residual stream, channels" source:"hidden_size"`

	Attention AttentionKind `yaml:"attention" doc:"gqa (grouped-query) or mla (multi-head latent)" source:"model_type"`
	Heads     int           `yaml:"heads" doc:"query heads" source:"num_attention_heads"`
	KVHeads   int           `yaml:"kv_heads" doc:"key and value heads; gqa only" source:"num_key_value_heads"`
	HeadDim   int           `yaml:"head_dim" doc:"channels of a head; gqa only" source:"head_dim, or hidden_size / num_attention_heads"`

	QLoraRank     int `yaml:"q_lora_rank" doc:"channels of the query latent, 0 for an uncompressed query; mla only" source:"q_lora_rank"`
	KVLoraRank    int `yaml:"kv_lora_rank" doc:"channels of the key-value latent; mla only" source:"kv_lora_rank"`
	QKNopeHeadDim int `yaml:"qk_nope_head_dim" doc:"query and key channels of a head without rotary embedding; mla only" source:"qk_nope_head_dim"`
	QKRopeHeadDim int `yaml:"qk_rope_head_dim" doc:"query and key channels of a head with rotary embedding, the key's shared by all heads; mla only" source:"qk_rope_head_dim"`
	VHeadDim      int `yaml:"v_head_dim" doc:"value channels of a head; mla only" source:"v_head_dim"`

	QKNorm         QKNorm `yaml:"qk_norm" doc:"norm on queries and keys: none, head (one scale per channel of a head) or full (one per channel of the projection); gqa only" source:"the published model code"`
	AttentionBias  bool   `yaml:"attention_bias" doc:"bias on the query, key, value and output projections; gqa only" source:"attention_bias"`
	AttentionSinks bool   `yaml:"attention_sinks" doc:"one learned softmax sink per query head; gqa only" source:"the published model code"`

	Experts       int  `yaml:"experts" doc:"routed experts of an MoE layer" source:"num_experts, num_local_experts or n_routed_experts"`
	TopK          int  `yaml:"top_k" doc:"routed experts a token visits" source:"num_experts_per_tok"`
	ExpertWidth   int  `yaml:"expert_width" doc:"intermediate channels of a routed expert" source:"moe_intermediate_size or intermediate_size"`
	ExpertBias    bool `yaml:"expert_bias" doc:"bias on the gate, up and down projections of routed experts" source:"the published model code"`
	RouterBias    bool `yaml:"router_bias" doc:"one bias per routed expert in the router, whether trained by gradient or for balance" source:"the published model code"`
	NormalizeTopK bool `yaml:"normalize_top_k" doc:"weights of the chosen experts are scaled to sum 1" source:"norm_topk_prob, or the published model code"`

	SharedExperts     int `yaml:"shared_experts" doc:"experts of an MoE layer that every token visits" source:"n_shared_experts"`
	SharedExpertWidth int `yaml:"shared_expert_width" doc:"intermediate channels of one shared expert; 0 without shared experts" source:"moe_intermediate_size"`
	DenseLayers       int `yaml:"dense_layers" doc:"first layers that have a dense FFN instead of experts" source:"first_k_dense_replace"`
	DenseWidth        int `yaml:"dense_width" doc:"intermediate channels of the dense FFN; 0 without dense layers" source:"intermediate_size"`

	Vocabulary     int  `yaml:"vocabulary" doc:"rows of the embedding table, padding included" source:"vocab_size"`
	TiedEmbeddings bool `yaml:"tied_embeddings" doc:"the LM head is the embedding table" source:"tie_word_embeddings"`
	ElementBytes   int  `yaml:"element_bytes" doc:"bytes of a weight, activation or gradient element: 2 is FP16" source:"Mozart paper, hardware configuration: FP16"`
}

// DefaultSpec holds the conventions that a file may leave out: grouped-query
// attention without query-key norm, and FP16. It has no shape and isn't valid
// by itself.
func DefaultSpec() Spec {
	return Spec{Attention: GQA, QKNorm: QKNormNone, ElementBytes: 2}
}

// IsDense tells whether the layer has a dense FFN instead of router and experts.
// Layers count from 0.
func (s Spec) IsDense(layer int) bool { return layer < s.DenseLayers }

// MoELayers is the number of layers that have experts.
func (s Spec) MoELayers() int { return s.Layers - s.DenseLayers }

// QKHeadDim is the number of channels over which a query head meets a key:
// head_dim, or qk_nope_head_dim + qk_rope_head_dim for mla.
func (s Spec) QKHeadDim() int {
	if s.Attention == MLA {
		return s.QKNopeHeadDim + s.QKRopeHeadDim
	}
	return s.HeadDim
}

// ValueHeadDim is the number of channels of a head's value and output: head_dim,
// or v_head_dim for mla.
func (s Spec) ValueHeadDim() int {
	if s.Attention == MLA {
		return s.VHeadDim
	}
	return s.HeadDim
}
