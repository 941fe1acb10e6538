package schedule

// vectorCost is what element-wise work costs per element: arithmetic operations
// on the vector unit, and elements moved between SRAM and the lanes. The counts
// follow from each operation's definition.
type vectorCost struct {
	name           string
	ops, movements int64
	// key is where the policy says ops, nil if it does not.
	key func(*VectorOps) int
}

// VectorOps are the numbers of operations per element of what the vector unit does
// most. What has no key is a few additions and products.
type VectorOps struct {
	Norm            int `yaml:"norm" min:"1" max:"4096" doc:"RMSNorm." source:"[A] square, accumulate, scale, gain"`
	NormGradient    int `yaml:"norm_gradient" min:"1" max:"4096" doc:"Its gradient." source:"[A] two reductions and an update"`
	Rotary          int `yaml:"rotary" min:"1" max:"4096" doc:"Rotary embedding." source:"[A] two products and a sum"`
	Softmax         int `yaml:"softmax" min:"1" max:"4096" doc:"Softmax of the scores, per score." source:"[A] max, subtract, exp, sum, scale; exp is pipelined"`
	SoftmaxGradient int `yaml:"softmax_gradient" min:"1" max:"4096" doc:"Its gradient." source:"[A] product, sum, subtract, product"`
	SwiGLU          int `yaml:"swiglu" min:"1" max:"4096" doc:"SwiGLU, per intermediate channel." source:"[A] negate, exp, add, divide, product"`
	SwiGLUGradient  int `yaml:"swiglu_gradient" min:"1" max:"4096" doc:"Its gradient." source:"[A] both partial derivatives and the gate's weight gradient"`
	Residual        int `yaml:"residual" min:"1" max:"4096" doc:"Residual addition." source:"[A] add"`
	Optimizer       int `yaml:"optimizer" min:"1" max:"4096" doc:"Parameter update, per parameter." source:"[A] SGD: scale, subtract"`
}

// DefaultVectorOps follow from the definition of each operation; a transcendental
// function counts as one, since the vector unit pipelines it ([A]).
func DefaultVectorOps() VectorOps {
	return VectorOps{
		Norm: 4, NormGradient: 8, Rotary: 3, Softmax: 5, SoftmaxGradient: 4,
		SwiGLU: 5, SwiGLUGradient: 10, Residual: 1, Optimizer: 2,
	}
}

// operations is the number per element under a policy.
func (c vectorCost) operations(v *VectorOps) int64 {
	if c.key == nil {
		return c.ops
	}
	return int64(c.key(v))
}

var (
	costNorm            = vectorCost{name: "norm", movements: 2, key: func(v *VectorOps) int { return v.Norm }}                        // read, write
	costNormGradient    = vectorCost{name: "norm-gradient", movements: 3, key: func(v *VectorOps) int { return v.NormGradient }}       // read x and dy, write dx
	costRotary          = vectorCost{name: "rotary", movements: 2, key: func(v *VectorOps) int { return v.Rotary }}                    // in place
	costSoftmax         = vectorCost{name: "softmax", movements: 2, key: func(v *VectorOps) int { return v.Softmax }}                  // in place
	costSoftmaxGradient = vectorCost{name: "softmax-gradient", movements: 3, key: func(v *VectorOps) int { return v.SoftmaxGradient }} // read p and dp, write ds
	costResidual        = vectorCost{name: "residual", movements: 3, key: func(v *VectorOps) int { return v.Residual }}                // read both, write
	costSwiGLU          = vectorCost{name: "swiglu", movements: 3, key: func(v *VectorOps) int { return v.SwiGLU }}                    // read gate and up, write
	costSwiGLUGradient  = vectorCost{name: "swiglu-gradient", movements: 6, key: func(v *VectorOps) int { return v.SwiGLUGradient }}   // read 4, write 2
	costSGD             = vectorCost{name: "sgd", movements: 3, key: func(v *VectorOps) int { return v.Optimizer }}                    // read weight and gradient, write
	costRescale         = vectorCost{name: "softmax-rescale", ops: 2, movements: 3}                                                    // scale the sums of the tiles before, add this one's
	costAccumulate      = vectorCost{name: "accumulate", ops: 1, movements: 3}                                                         // add the gradients of a tile to those of the ones before
	costRouter          = vectorCost{name: "router-top-k", ops: 8, movements: 2}                                                       // softmax, one comparison per selection stage, normalisation, scale
	costRouterGradient  = vectorCost{name: "router-gradient", ops: 4, movements: 3}                                                    // softmax gradient
	costAuxLoss         = vectorCost{name: "aux-loss", ops: 3, movements: 2}                                                           // mean load, product, its gradient
	costAggregate       = vectorCost{name: "aggregate", ops: 2, movements: 3}                                                          // weight, add
	costScale           = vectorCost{name: "scale", ops: 1, movements: 2}                                                              // gradient times the router's weight
	costCopy            = vectorCost{name: "copy", ops: 1, movements: 2}
	costLoss            = vectorCost{name: "cross-entropy", ops: 5, movements: 1} // online softmax over a slice of the vocabulary
	costLossGradient    = vectorCost{name: "cross-entropy-gradient", ops: 3, movements: 2}
)
